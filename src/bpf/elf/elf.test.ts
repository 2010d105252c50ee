import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildId, CodeSymbols, debugLink, Elf, notesOf, readRelocations, SECTION_TYPE, usdtSites } from './index.ts';

const FIXTURES = ['probes.x86_64.so', 'probes.arm64.so'] as const;
const path = (name: string) => new URL(`testdata/${name}`, import.meta.url).pathname;

test('headers, sections and segments of both machines', () => {
  const x86 = Elf.open(path('probes.x86_64.so'));
  const arm = Elf.open(path('probes.arm64.so'));
  assert.deepEqual([x86.header.machine, arm.header.machine], ['x86_64', 'arm64']);
  assert.deepEqual([x86.header.type, arm.header.type], [3, 3]);
  assert.equal(x86.section('.data')?.size, 16);
  assert.equal(x86.section('.none'), undefined);
  assert.equal(x86.section('.symtab')?.type, SECTION_TYPE.symtab);
  assert.equal(debugLink(x86), undefined);
  x86.close();
  arm.close();
});

test('the build id is the one that the linker printed', () => {
  const elf = Elf.open(path('probes.arm64.so'));
  assert.equal(buildId(elf), 'a71f0068cd7a2363f032545376e409c7c8520950');
  assert.deepEqual(
    [...notesOf(elf)].map((note) => note.owner),
    ['GNU', 'stapsdt', 'stapsdt', 'stapsdt'],
  );
  elf.close();
});

test('symbols are found by name, also where names share their tails', () => {
  const elf = Elf.open(path('probes.x86_64.so'));
  const [symtab, dynsym] = elf.symbolTables();
  assert.deepEqual(symtab?.find('inner'), {
    name: 'inner',
    address: 0x26a,
    size: 2,
    type: 'func',
    binding: 'global',
    section: 7,
    hidden: false,
  });
  assert.equal(symtab?.find('local_work')?.binding, 'local');
  assert.equal(dynsym?.find('local_work'), undefined);
  assert.equal(dynsym?.find('table')?.type, 'object');
  assert.equal(symtab?.find('nner'), undefined);
  assert.equal(symtab?.find(''), undefined);
  assert.deepEqual([...dynsym!.functions()].map((entry) => entry.name).sort(), ['inner', 'outer']);
  elf.close();
});

test('an address belongs to the innermost symbol that contains it, or is near one', () => {
  const elf = Elf.open(path('probes.x86_64.so'));
  const code = new CodeSymbols(elf);
  const outer = 0x268;
  assert.deepEqual(code.locate(outer), { symbol: 'outer', offset: 0, near: false });
  assert.deepEqual(code.locate(outer + 3), { symbol: 'inner', offset: 1, near: false });
  // Behind inner's end, yet before outer's.
  assert.deepEqual(code.locate(outer + 5), { symbol: 'outer', offset: 5, near: false });
  assert.deepEqual(code.locate(outer + 8), { symbol: 'inner', offset: 6, near: true });
  assert.deepEqual(code.locate(0x27e), { symbol: 'local_work', offset: 0, near: false });
  assert.deepEqual(code.locate(0x27f), { symbol: 'label_only', offset: 0, near: false });
  assert.equal(code.locate(1), undefined);
  elf.close();
});

test('addresses and file offsets follow the load segments', () => {
  const elf = Elf.open(path('probes.x86_64.so'));
  const data = elf.section('.data')!;
  assert.equal(elf.fileOffset(data.address), data.offset);
  assert.equal(elf.address(data.offset), data.address);
  assert.equal(elf.fileOffset(0x7fffffff), undefined);
  elf.close();
});

test('relocations name symbol, type and addend', () => {
  const elf = Elf.open(path('probes.x86_64.so'));
  const [section] = readRelocations(elf);
  const relocation = section?.relocations[0];
  assert.equal(relocation?.offset, elf.section('.data')?.address);
  assert.equal(elf.symbolTables()[1]?.nameOf(relocation!.symbol), 'outer');
  elf.close();
});

test('what is not an ELF file of ours is told apart', () => {
  const bytes = readFileSync(path('probes.x86_64.so'));
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return () => Elf.parse(copy, 'sample');
  };
  assert.throws(() => Elf.parse(Buffer.from('#!/bin/sh\n'), 'sample'), {
    code: 'format',
    message: /^reading sample: this is not an ELF file/,
  });
  assert.throws(() => Elf.parse(Buffer.alloc(0), 'sample'), { code: 'format' });
  assert.throws(changed(4, 1), /only 64-bit/);
  assert.throws(changed(5, 2), /only little-endian/);
  assert.throws(changed(18, 3), /machine 3 is not supported/);
  assert.throws(() => Elf.open('/no/such/file'), { code: 'io', message: /^opening \/no\/such\/file/ });
});

test('mutated files give an answer or a format error, and never hang', () => {
  let seed = 11;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  for (const fixture of FIXTURES) {
    const original = readFileSync(path(fixture));
    for (let round = 0; round < 1500; round++) {
      const bytes = Buffer.from(original);
      for (let i = 0; i <= random(6); i++) bytes[random(bytes.length)] = random(256);
      // The headers are where damage leads farthest.
      bytes[random(64)] = random(256);
      useAll(bytes.subarray(0, bytes.length - (round % 7 === 0 ? random(bytes.length) : 0)));
    }
  }
});

function useAll(bytes: Buffer): void {
  const uses: ((elf: Elf) => unknown)[] = [
    (elf) => usdtSites(elf),
    (elf) => buildId(elf),
    (elf) => debugLink(elf),
    (elf) => readRelocations(elf),
    (elf) => elf.symbolTables().map((table) => [table.find('inner'), [...table.functions()]]),
    (elf) => new CodeSymbols(elf).locate(0x268),
    (elf) => elf.sections.map((section) => elf.read(section)),
  ];
  for (const use of uses) {
    try {
      use(Elf.parse(bytes, 'mutated'));
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'format', String((error as Error).stack));
    }
  }
}
