/** fentry of functions that a module has, with the types that only it has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BtfBuilder } from '../../bpf/btf/builder.ts';
import { Btf } from '../../bpf/btf/index.ts';
import { type CompileHost, compile } from '../index.ts';

function builtWith(base: Btf | undefined, functions: readonly string[], struct: string, member: string): Btf {
  const builder = new BtfBuilder(base);
  const int = builder.int('int', 4, { signed: true });
  const type = builder.struct(struct, 4, [{ name: member, type: int, offsetBits: 0, bitSize: 0 }]);
  const proto = builder.funcProto(int, [{ name: 'it', type: builder.ptr(type) }]);
  for (const name of functions) builder.func(name, proto, 'static');
  return Btf.parse(builder.build(), { name: struct, ...(base && { base }) });
}

const kernel = builtWith(undefined, ['vfs_read', 'shared'], 'file', 'f_mode');
const modules: Readonly<Record<string, Btf>> = {
  ext4: builtWith(kernel, ['ext4_read', 'ext4_write', 'ext4_init', 'shared'], 'ext4_it', 'depth'),
  xfs: builtWith(kernel, ['xfs_read'], 'xfs_it', 'level'),
};
/** ext4_init cannot be hooked. */
const functions: Readonly<Record<string, readonly string[]>> = {
  vmlinux: ['vfs_read', 'shared'],
  ext4: ['ext4_read', 'ext4_write', 'shared'],
  xfs: ['xfs_read'],
};
const opened: string[] = [];
const host: CompileHost = {
  cpus: { possible: 1 },
  kernelBtf: () => kernel,
  moduleBtf: (module) => {
    opened.push(module);
    return modules[module];
  },
  kernelModules: () => ['vmlinux', ...Object.keys(modules)],
  kernelFunctions: (isWanted = () => true) =>
    Object.keys(functions)
      .filter(isWanted)
      .flatMap((name) => functions[name]!),
};

function outcome(text: string) {
  opened.length = 0;
  const { script, diagnostics } = compile(text, { host });
  return {
    said: diagnostics.map(({ message }) => message),
    hooks: script?.collection.programs.map(({ attachTo, attachModule }) => [attachModule, attachTo]),
    names: script?.probes.map(({ name }) => name),
    opened: [...opened],
  };
}

test("a function of a module is found, with the module's types", () => {
  const { said, hooks, names } = outcome('fentry:ext4_read { @ = args.it.depth; }');
  assert.deepEqual(said, []);
  assert.deepEqual(hooks, [['ext4', 'ext4_read']]);
  assert.deepEqual(names, ['fentry:ext4:ext4_read']);
  assert.deepEqual(outcome('fexit:ext4:ext4_read { @ = args.it.depth + retval; }').said, []);
  assert.match(
    outcome('fentry:ext4_read { @ = args.it.level; }').said[0]!,
    /struct ext4_it' does not contain a field named 'level'/,
  );
});

test('a pattern takes what can be hooked, of the modules that it means', () => {
  assert.deepEqual(outcome('fentry:ext*:* { @++; }').hooks, [
    ['ext4', 'ext4_read'],
    ['ext4', 'ext4_write'],
    ['ext4', 'shared'],
  ]);
  const { hooks, opened: read } = outcome('fentry:*_read { @++; }');
  assert.deepEqual(hooks, [
    [undefined, 'vfs_read'],
    ['ext4', 'ext4_read'],
    ['xfs', 'xfs_read'],
  ]);
  assert.deepEqual(read, ['ext4', 'xfs']);
  assert.deepEqual(outcome('fentry:ext4*write { @++; }').opened, ['ext4']);
});

test("the kernel's own come first, and then no module is read", () => {
  const { hooks, opened: read } = outcome('fentry:shared { @ = args.it.f_mode; }');
  assert.deepEqual([hooks, read], [[[undefined, 'shared']], []]);
  assert.deepEqual(outcome('fentry:vmlinux:shared { @++; }').names, ['fentry:vmlinux:shared']);
  assert.deepEqual(outcome('fentry:ext4:shared { @ = args.it.depth; }').hooks, [['ext4', 'shared']]);
  assert.deepEqual(outcome('fentry:xfs:shared { @++; }').said[0], 'No matches for fentry xfs:shared.');
});

test("a kprobe that names a module knows the module's types", () => {
  const text = 'kprobe:ext4:ext4_read { @ = ((struct ext4_it *)arg0)->depth; }';
  assert.deepEqual(outcome(text).said, []);
  assert.match(outcome(text.replace('kprobe:ext4:', 'kprobe:')).said[0]!, /ext4_it/);
});

test('eBPF programs are hooked by name, by id and name, or by patterns', () => {
  const programs = [
    { id: 7, name: 'interval_us_100000_1' },
    { id: 12, name: 'interval_us_100000_2' },
    { id: 13, name: 'handle' },
  ];
  const compiled = (text: string) => compile(text, { host: { ...host, programs: () => programs } });
  const { script } = compiled('fentry:bpf:interval_us_* { print(probe); }');
  assert.deepEqual(
    script!.collection.programs.map(({ attachTo, attachProgram, attachModule }) => [
      attachProgram,
      attachTo,
      attachModule,
    ]),
    [
      [7, 'interval_us_100000_1', undefined],
      [12, 'interval_us_100000_2', undefined],
    ],
  );
  assert.deepEqual(
    script!.probes.map(({ name }) => name),
    ['fentry:bpf:7:interval_us_100000_1', 'fentry:bpf:12:interval_us_100000_2'],
  );
  assert.equal(compiled('fexit:bpf:13:handle { @++; }').script!.probes.length, 1);
  const [missing] = compiled('fentry:bpf:7:handle { @++; }').diagnostics;
  assert.equal(missing!.message, 'No matches for fentry bpf:7:handle.');
});
