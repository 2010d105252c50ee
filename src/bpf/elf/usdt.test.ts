import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Elf, parseUsdtArguments, registerPlace, usdtSites } from './index.ts';

const open = (name: string) => Elf.open(new URL(`testdata/${name}`, import.meta.url).pathname);

test('sites have places in the file, semaphores and arguments', () => {
  for (const arch of ['x86_64', 'arm64']) {
    const elf = open(`probes.${arch}.so`);
    const sites = usdtSites(elf);
    assert.deepEqual(
      sites.map((site) => `${site.provider}:${site.probe}`),
      ['sample:plain', 'sample:counted', 'sample:plain'],
    );
    const counted = sites[1]!;
    assert.equal(counted.fileOffset, elf.fileOffset(counted.address));
    assert.equal(counted.semaphore?.address, elf.symbolTables()[0]?.find('probe_semaphore')?.address);
    assert.equal(sites[0]?.semaphore, undefined);
    assert.deepEqual(
      counted.arguments.map(({ kind, size, signed }) => [kind, size, signed]),
      [
        ['reg', 4, true],
        ['mem', 8, false],
        ['const', 1, false],
      ],
    );
    elf.close();
  }
});

test('a semaphore in another segment is found at its file offset', () => {
  const elf = open('probes.x86_64.so');
  const semaphore = usdtSites(elf)[1]?.semaphore;
  assert.equal(semaphore?.fileOffset, elf.section('.probes')!.offset + 2);
  elf.close();
});

test('x86-64 operands', () => {
  const rbp = registerPlace('x86_64', 'rbp');
  const rax = registerPlace('x86_64', 'rax');
  const parse = (text: string) => {
    const [argument, ...rest] = parseUsdtArguments(text, 'x86_64');
    assert.equal(rest.length, 0);
    return argument;
  };
  assert.deepEqual(parse('-4@$-5'), { kind: 'const', size: 4, signed: true, text: '-4@$-5', value: -5n });
  assert.deepEqual(parse('8@$0x1f'), { kind: 'const', size: 8, signed: false, text: '8@$0x1f', value: 31n });
  assert.deepEqual(parse('1@%al'), {
    kind: 'reg',
    size: 1,
    signed: false,
    text: '1@%al',
    reg: { register: 'rax', offset: 80, size: 1, shift: 0 },
  });
  assert.deepEqual(parse('%r8d'), {
    kind: 'reg',
    size: 4,
    signed: false,
    text: '%r8d',
    reg: { register: 'r8', offset: 72, size: 4, shift: 0 },
  });
  const memory = { kind: 'mem', size: 8, signed: false, base: rbp, scale: 1 };
  assert.deepEqual(parse('8@-24(%rbp)'), { ...memory, text: '8@-24(%rbp)', disp: -24 });
  assert.deepEqual(parse('8@(%rbp)'), { ...memory, text: '8@(%rbp)', disp: 0 });
  assert.deepEqual(parse('8@16+8(%rbp,%rax,4)'), {
    ...memory,
    text: '8@16+8(%rbp,%rax,4)',
    index: rax,
    scale: 4,
    disp: 24,
  });
  assert.deepEqual(parse('8@(%rbp,%rax)'), { ...memory, text: '8@(%rbp,%rax)', index: rax, disp: 0 });
  assert.deepEqual(parse('8@(,%rax,8)'), {
    kind: 'mem',
    size: 8,
    signed: false,
    text: '8@(,%rax,8)',
    index: rax,
    scale: 8,
    disp: 0,
  });
});

test('arm64 operands', () => {
  const x0 = registerPlace('arm64', 'x0');
  const texts = '-4@w3 8@[sp] 8@[x0, -16] 8@[x0, x1] 4@[x0,x1,lsl 2] 8@5 -8@[sp, #8]';
  const parsed = parseUsdtArguments(texts, 'arm64');
  assert.deepEqual(
    parsed.map((argument) => argument.text),
    ['-4@w3', '8@[sp]', '8@[x0, -16]', '8@[x0, x1]', '4@[x0,x1,lsl 2]', '8@5', '-8@[sp, #8]'],
  );
  const [register, stack, displaced, indexed, scaled, constant, marked] = parsed;
  assert.deepEqual(register?.kind === 'reg' && register.reg, { register: 'x3', offset: 24, size: 4, shift: 0 });
  assert.deepEqual(stack?.kind === 'mem' && [stack.base?.offset, stack.disp], [248, 0]);
  assert.deepEqual(displaced?.kind === 'mem' && [displaced.base, displaced.disp], [x0, -16]);
  assert.deepEqual(indexed?.kind === 'mem' && [indexed.index?.register, indexed.scale], ['x1', 1]);
  assert.deepEqual(scaled?.kind === 'mem' && [scaled.index?.register, scaled.scale], ['x1', 4]);
  assert.equal(constant?.kind === 'const' && constant.value, 5n);
  assert.equal(marked?.kind === 'mem' && marked.disp, 8);
});

test('a variable is found from the program counter', () => {
  const context = { address: 0x100, symbolAddress: (name: string) => (name === 'stats' ? 0x500 : undefined) };
  const parsed = parseUsdtArguments('4@stats(%rip) -4@40+stats(%rip) 8@stats-8(%rip) 4@none(%rip)', 'x86_64', context);
  assert.deepEqual(
    parsed.map((argument) => (argument.kind === 'mem' ? [argument.base?.register, argument.disp] : argument.kind)),
    [['rip', 0x400], ['rip', 0x428], ['rip', 0x3f8], 'unknown'],
  );
});

test('an operand out of reach is kept with its reason, and spoils no other', () => {
  const [vector, global, odd, good] = parseUsdtArguments('8f@%xmm0 4@counter(%rip) 4@?? 4@%eax', 'x86_64');
  assert.deepEqual(vector?.kind === 'unknown' && vector.reason, 'a floating-point value');
  assert.match(global?.kind === 'unknown' ? global.reason : '', /"counter" is not in the symbol table/);
  assert.deepEqual(odd?.kind === 'unknown' && odd.reason, 'not understood');
  assert.equal(good?.kind, 'reg');
});

test('all names of a register stand for its place', () => {
  const offsets = (arch: 'x86_64' | 'arm64', names: string) =>
    names.split(' ').map((name) => registerPlace(arch, name)?.offset);
  assert.deepEqual(offsets('x86_64', 'rax eax ax al ah'), [80, 80, 80, 80, 80]);
  assert.deepEqual(offsets('x86_64', 'rsi esi si sil'), [104, 104, 104, 104]);
  assert.deepEqual(offsets('x86_64', 'r15 r15d r15w r15b rip rsp'), [0, 0, 0, 0, 128, 152]);
  assert.equal(registerPlace('x86_64', 'ah')?.shift, 8);
  assert.deepEqual(offsets('arm64', 'x0 w0 x29 fp x30 lr sp pc'), [0, 0, 232, 232, 240, 240, 248, 256]);
  assert.deepEqual([...offsets('x86_64', 'xmm0 foo'), ...offsets('arm64', 'v0 q1')], Array(4).fill(undefined));
});
