/** `pebble object` from the shell: a known load comes out of its rows exactly. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { callGetppid, cannotTest, compile } from './harness.ts';

const skip = cannotTest;
const LAUNCHER = fileURLToPath(new URL('../../pebble', import.meta.url));

interface Row {
  readonly kind: string;
  readonly map: string;
  readonly [field: string]: unknown;
}

/** Runs the command, works when it says that it is attached, and gives its rows. */
async function rows(
  argv: readonly string[],
  work: () => void = () => {},
): Promise<{ rows: Row[]; status: number | null; stderr: string }> {
  const child = spawn(LAUNCHER, ['object', ...argv, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = collect(child);
  child.stderr.on('data', function begin() {
    if (!/^attached /m.test(text().stderr)) return;
    child.stderr.off('data', begin);
    work();
  });
  const [status] = await once(child, 'close');
  const { stdout, stderr } = text();
  return {
    rows: stdout
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    status,
    stderr,
  };
}

function collect(child: ChildProcess) {
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk) => (stdout += chunk));
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  return () => ({ stdout, stderr });
}

test('a hash map: entries with the names of the C', { skip }, async () => {
  const set = `target=${process.pid}`;
  const { rows: all, status } = await rows([compile('map_hash'), '--duration', '1', '--set', set], () =>
    callGetppid(101),
  );
  assert.equal(status, 0);
  const [entry] = all.filter(({ kind, map }) => kind === 'entry' && map === 'calls');
  assert.equal((entry!.key as { pid: number }).pid, process.pid);
  assert.equal((entry!.value as { calls: number }).calls, 101);
  assert.deepEqual(
    all.find(({ kind, map }) => kind === 'map' && map === 'calls'),
    { kind: 'map', map: 'calls', type: 'hash', entries: 1, records: null, lost: null, note: null },
  );
  const program = all.find(({ kind }) => kind === 'program')!;
  assert.equal(program.attached, true);
  assert.ok(Number(program.runs) >= 101);
  assert.deepEqual(all.find(({ map }) => map === '.rodata')?.value, { target: process.pid });
});

test('ring buffers: records as they come', { skip }, async () => {
  const set = `target=${process.pid}`;
  const { rows: all } = await rows([compile('map_ringbuf'), '--duration', '1', '--set', set], () => callGetppid(53));
  const records = all.filter(({ kind, map }) => kind === 'record' && map === 'events');
  assert.equal(records.length, 48);
  assert.equal(records[0]!.size_bytes, 24);
  assert.equal((records[0]!.value as { number: number }).number, 1);
  assert.deepEqual(
    all.find(({ kind, map }) => kind === 'record' && map === 'raw'),
    {
      kind: 'record',
      map: 'raw',
      size_bytes: 4,
      value: null,
      hex: 'eeffc000',
    },
  );
});

test('what cannot be attached is told; nothing attached is status 4', { skip }, async () => {
  const { rows: all, status, stderr } = await rows([compile('network'), '--duration', '60']);
  assert.equal(status, 4);
  const programs = all.filter(({ kind }) => kind === 'program');
  assert.equal(programs.length, 6);
  assert.deepEqual(programs[0]!.notes, ['the section does not say which device or socket']);
  assert.match(stderr, /warning: program "drop_short" is not attached: the section does not say/);
});

test('mistakes on the command line', { skip }, async () => {
  const object = compile('map_hash');
  for (const argv of [
    [],
    [object, '--set', 'target'],
    [object, '--set', 'target=x'],
    [object, '--program', 'nobody'],
  ]) {
    assert.equal((await rows(argv)).status, 2, argv.join(' '));
  }
  const { rows: all, status } = await rows(['/etc/passwd']);
  assert.equal(status, 1);
  assert.equal((all[0] as unknown as { error: { code: string } }).error.code, 'format');
});

test('one program that this kernel cannot have does not keep the others away', { skip }, async () => {
  const { rows: all, status, stderr } = await rows([compile('mixed'), '--duration', '1.5'], () => callGetppid(1));
  assert.equal(status, 0);
  const programs = Object.fromEntries(all.filter(({ kind }) => kind === 'program').map((row) => [row.program, row]));
  assert.equal(programs.works!.attached, true);
  assert.equal(programs.nowhere!.attached, false);
  assert.equal(programs.nowhere!.runs, null);
  assert.match(
    (programs.beyond!.notes as string[])[0]!,
    /reads beyond the fields of this tracepoint: .*getppid\/format/,
  );
  assert.match(stderr, /program "nowhere" is not attached: this kernel's BTF has no typedef btf_trace_no_such_event/);
});

test('records of several kinds in one buffer: by the types that pointers keep; unknown ones stay bytes', {
  skip,
}, async () => {
  const set = `target=${process.pid}`;
  const { rows: all } = await rows([compile('kept_types'), '--duration', '1', '--set', set], () => callGetppid(11));
  const values = all
    .filter(({ kind }) => kind === 'record')
    .map(({ value }) => value as Record<string, unknown> | null);
  assert.equal(values.length, 23);
  assert.deepEqual(values[0], { kind: 1, pid: process.pid });
  assert.deepEqual({ ...values[1], comm: '' }, { kind: 2, pid: process.pid, comm: '', number: 1 });
  assert.equal(values[2], null);
  assert.equal(values.at(-1)!.number, 11);
});

test('records of types that only local variables have; one that ends early', { skip }, async () => {
  const set = `target=${process.pid}`;
  const { rows: all } = await rows([compile('local_types'), '--duration', '1', '--set', set], () => callGetppid(3));
  const of = (map: string) => all.filter((row) => row.kind === 'record' && row.map === map).map(({ value }) => value);
  const visit = {
    ...{ pid: process.pid, outcome: 'BROKEN', from: { port: 5432, address: [127, 0, 0, 0] } },
    ...{ whole: 2 ** 32 + 7, low: 7, high: 1, flag: 0, level: 99 },
  };
  assert.deepEqual(
    of('visits').map((value) => ({ ...(value as object), comm: '' })),
    Array.from({ length: 3 }, () => ({ ...visit, comm: '' })),
  );
  assert.deepEqual(of('lines')[0], { length: 5, text: 'hello' });
});

test('variables in sections of their own; all programs of one section', { skip }, async () => {
  const set = `target=${process.pid}`;
  const argv = [compile('sections'), '--duration', '1', '--set', set, '--set', 'factor=6'];
  const { rows: all } = await rows(argv, () => callGetppid(13));
  const value = (map: string) => all.find((row) => row.kind === 'entry' && row.map === map)?.value;
  assert.deepEqual(value('.bss.custom'), { sums: [13 * (6 + 9), 13 * (2 + 7)] });
  assert.deepEqual(value('.data.custom'), { in_data: 7, hidden: 9 });
  assert.deepEqual(value('.rodata.custom'), { factor: 6 });
});

test('what a definition leaves to its own loader is filled in, and told', { skip }, async () => {
  // Busy until the command has written its rows, more than a pipe holds: a slow reader must lose none of them.
  const { rows: all, status } = await rows([compile('unsized'), '--duration', '1'], () => {
    for (const end = Date.now() + 2500; Date.now() < end; );
  });
  assert.equal(status, 0);
  const program = all.find(({ kind }) => kind === 'program')!;
  assert.deepEqual(program.notes, ['its section names no event: 99 samples a second of the CPU clock']);
  const note = (map: string) => all.find((row) => row.kind === 'map' && row.map === map)!.note;
  assert.match(note('samples') as string, /10240 entries were taken/);
  assert.match(note('stacks') as string, /10240 entries of 127 frames were taken/);
  const entries = all.filter(({ kind, map }) => kind === 'entry' && map === 'samples');
  assert.ok(Number(entries.find(({ key }) => key === process.pid)?.value) > 0);
  // Other processes come and go between two reads of it.
  const counted = entries.reduce((sum, { value }) => sum + Number(value), 0);
  assert.ok(counted <= Number(program.runs) && counted > 0);
});

test('programs of kinds that are not for tracing stay away, with a reason', { skip }, async () => {
  const set = `target=${process.pid}`;
  const argv = [compile('foreign'), '--duration', '1', '--set', set];
  const { rows: all, status, stderr } = await rows(argv, () => callGetppid(7));
  assert.equal(status, 0);
  assert.deepEqual(all.find(({ map }) => map === '.bss')?.value, { calls: 7 });
  const attached = all.filter(({ kind }) => kind === 'program').map((row) => [row.program, row.attached]);
  assert.deepEqual(Object.fromEntries(attached), { count: true, sockets: false, other: false, nowhere: false });
  for (const reason of [
    /"sockets" is not attached: the section does not say which cgroup/,
    /"anything"/,
    /"fentry" does not say which hook/,
  ])
    assert.match(stderr, reason);
});

test('an iterator that writes no text: bytes', { skip }, async () => {
  const { rows: all } = await rows([compile('binary_iter'), '--duration', '0.1']);
  const { hex } = all.find(({ kind }) => kind === 'program')!.output as { hex: string };
  const bytes = Buffer.from(hex, 'hex');
  const pids = Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readUInt32LE(i * 8));
  assert.ok(pids.includes(process.pid));
});
