import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { formatDiagnostics } from '../diagnostics/index.ts';
import type { CompileHost, KernelHook } from '../host.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';

const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  vmlinux: ['vfs_read', 'vfs_readv', 'vfs_write'],
  ext4: ['ext4_read', 'ext4_write'],
};
const host: CompileHost = {
  cpus: { possible: 1 },
  kernelFunctions: (isWanted = () => true) =>
    Object.keys(FUNCTIONS)
      .filter(isWanted)
      .flatMap((name) => FUNCTIONS[name]!),
  kernelModules: () => ['vmlinux', 'ext4'],
};

interface Choice {
  readonly unsafe?: boolean;
  readonly sessions?: boolean;
  readonly without?: KernelHook;
}

function compiled(text: string, { unsafe = false, sessions = false, without }: Choice = {}) {
  const settings = { ...DEFAULT_SETTINGS, unsafe, namedByProbe: true };
  const { script, diagnostics } = compile(
    { name: 'script', text },
    { host: { ...host, canHook: (way) => way !== without && (way !== 'kprobe_session' || sessions) }, settings },
  );
  return {
    said: formatDiagnostics(diagnostics),
    probes: script?.probes.map(({ name }) => name),
    links: script?.collection.links.map((link) => ({ ...link })),
    programs: script?.collection.programs.map(({ kernelName, entryName, kind }) => ({ kernelName, entryName, kind })),
  };
}
const said = (text: string) => compiled(text).said;

test('the module of a kprobe must be loaded', () => {
  for (const point of ['vfs_read', 'vmlinux:vfs_read', 'vmlin*:vfs_read'])
    assert.equal(said(`kprobe:${point} { exit() }`), '');
  assert.match(
    said('kprobe:ext5:vfs_read { exit() }'),
    /ERROR: specified module ext5 in probe kprobe:ext5:vfs_read is not loaded\.[\s\S]*'ext4'/,
  );
});

test('a pattern stays in its module', () => {
  assert.deepEqual(compiled('kprobe:ext4:* { @++ }').probes, ['kprobe:ext4:ext4_read', 'kprobe:ext4:ext4_write']);
  assert.deepEqual(compiled('kprobe:vmlinux:*_write { @++ }').probes, ['kprobe:vmlinux:vfs_write']);
  assert.match(said('kprobe:ext4:vfs_* { @++ }'), /No matches for kprobe ext4:vfs_\*\./);
});

test('functions of a pattern share one program and one link', () => {
  const { links, programs, probes } = compiled('kprobe:vfs_* { @++ } kretprobe:vfs_read* { @s = sum(retval) }');
  assert.deepEqual(links, [
    { kind: 'kprobe_multi', symbols: ['vfs_read', 'vfs_readv', 'vfs_write'], atReturn: false, program: 'p0' },
    { kind: 'kprobe_multi', symbols: ['vfs_read', 'vfs_readv'], atReturn: true, program: 'p1' },
  ]);
  assert.deepEqual(
    programs!.map(({ kind }) => kind),
    ['kprobe_multi', 'kprobe_multi'],
  );
  assert.equal(probes!.length, 5);
});

test('they have a link each where the body asks for registers, the kernel has no such link, or a name was written out', () => {
  const single = (symbol: string) => ({ kind: 'kprobe', symbol, atReturn: false, program: 'p0' });
  const both = [single('vfs_read'), single('vfs_readv')];
  assert.deepEqual(compiled('kprobe:vfs_read* { @ = reg("bx") }').links, both);
  assert.deepEqual(compiled('kprobe:vfs_read* { @++ }', { without: 'kprobe_multi' }).links, both);
  assert.deepEqual(compiled('kprobe:vfs_read { @++ }').links, [single('vfs_read')]);
  assert.equal(compiled('kprobe:vfs_* { @[probe]++ }').programs!.length, 3);
  const stacks = 'kprobe:vfs_read* { @[kstack] = count(); }';
  assert.deepEqual(compiled(stacks, { sessions: true }).links, both);
  assert.equal(compiled(stacks).links!.length, 1);
});

test('a function that cannot be traced is warned about, and tried with --unsafe', () => {
  const text = 'kprobe:vmlinux:vfs_reed { @++ }';
  const warning = /WARNING: vfs_reed is not traceable \(either non-existing, inlined, or marked as "notrace"\)/;
  assert.match(said(text), warning);
  assert.match(said(text), /ERROR: No matches for kprobe vmlinux:vfs_reed\.[\s\S]*did you mean 'vfs_read'/);
  const { said: warned, links, probes } = compiled(text, { unsafe: true });
  assert.match(warned, warning);
  assert.deepEqual(links, [{ kind: 'kprobe', symbol: 'vfs_reed', atReturn: false, program: 'p0' }]);
  assert.deepEqual(probes, ['kprobe:vmlinux:vfs_reed']);
  assert.equal(said(`config = { missing_probes = "ignore" } ${text}`), '');
});

test('a pattern may match nothing beside other attach points', () => {
  const { said: warned, probes } = compiled('kprobe:vfs_read, kprobe:nonsense* { @++ }');
  assert.match(warned, /WARNING: No matches for kprobe nonsense\*\. Skipping\./);
  assert.deepEqual(probes, ['kprobe:vfs_read']);
  assert.match(said('kprobe:nonsense* { @++ }'), /ERROR: No matches for kprobe nonsense\*\./);
  assert.match(said('kprobe:a*, kprobe:b* { @++ }'), /ERROR: Probe has no valid attach points/);
});

test('an address is probed with --unsafe', () => {
  assert.match(said('kprobe:0x12345678 { @++ }'), /Probing by address requires --unsafe/);
  const { links, probes } = compiled('kprobe:0x12345678 { @++ }', { unsafe: true });
  assert.deepEqual(links, [{ kind: 'kprobe', address: 0x12345678n, atReturn: false, program: 'p0' }]);
  assert.deepEqual(probes, ['kprobe:305419896']);
});

test('programs are named after the probe in listings of the host', () => {
  assert.deepEqual(compiled('kprobe:vfs_read { @++ } kprobe:vfs_write { @++ }').programs, [
    { kernelName: 'pebble_p0_kprobe_vfs_read', entryName: 'kprobe_vfs_read_1', kind: 'kprobe' },
    { kernelName: 'pebble_p1_kprobe_vfs_write', entryName: 'kprobe_vfs_write_2', kind: 'kprobe' },
  ]);
});

test('entry and return of a function are one program where the kernel has sessions', () => {
  const text = 'kprobe:vfs_read /arg2 > 4096/ { @start[tid] = nsecs } kretprobe:vfs_read { @[retval] = count(); }';
  const { said: warned, links, programs, probes } = compiled(text, { sessions: true });
  assert.equal(warned, '');
  assert.deepEqual(links, [{ kind: 'kprobe_multi', symbols: ['vfs_read'], atReturn: false, program: 'p0' }]);
  assert.deepEqual(
    programs!.map(({ kind }) => kind),
    ['kprobe_session'],
  );
  assert.deepEqual(probes, ['kprobe:vfs_read']);
  assert.equal(compiled(text).programs!.length, 2);
});

test('they are two where one body asks for what the other has, or there are more of them', () => {
  const count = (text: string) => compiled(text, { sessions: true }).programs?.length;
  assert.equal(count('kprobe:vfs_* { @++ } kretprobe:vfs_* { @r = sum(retval) }'), 1);
  assert.equal(count('kprobe:vfs_* { @++ } kretprobe:vfs_read { @r = sum(retval) }'), 2);
  assert.equal(count('kprobe:vfs_read { @++ } kretprobe:vfs_read { @r = reg("ax") }'), 2);
  assert.equal(count('kprobe:vfs_read { @++ } kretprobe:vfs_read { @r++ } kretprobe:vfs_read { @q++ }'), 3);
  assert.equal(count('kprobe:vfs_read { @++ } kretprobe:vfs_read { @r[kstack] = count() }'), 2);
  assert.equal(count('kprobe:vmlinux:vfs_read { @++ } kretprobe:vmlinux:vfs_read { @r++ }'), 2);
  assert.match(said('kprobe:vfs_read { @ = retval } kretprobe:vfs_read { @r++ }'), /retval builtin can only be used/);
});

test('there are at most so many programs', () => {
  const three = 'kprobe:vfs_* { @[probe] = count(); }';
  assert.equal(said(`config = { max_bpf_progs = 3 } ${three}`), '');
  assert.equal(
    said(`config = { max_bpf_progs = 2 } ${three}`),
    'script:1:32-44: ERROR: Your program is trying to generate more than 3 BPF programs, which exceeds the current limit of 2\n' +
      `config = { max_bpf_progs = 2 } ${three}\n${' '.repeat(31)}${'~'.repeat(12)}\n` +
      'HINT: You can increase the limit through the BPFTRACE_MAX_BPF_PROGS environment variable.\n',
  );
});
