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

/** Runs the command, works when it is attached, and gives its rows. */
async function rows(
  argv: readonly string[],
  work: () => void = () => {},
): Promise<{ rows: Row[]; status: number | null; stderr: string }> {
  const child = spawn(LAUNCHER, ['object', ...argv, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = collect(child);
  if (work) {
    const started = setTimeout(work, 1200);
    child.on('exit', () => clearTimeout(started));
  }
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
  const { rows: all, status } = await rows([compile('map_hash'), '--duration', '2', '--set', set], () =>
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
  const { rows: all } = await rows([compile('map_ringbuf'), '--duration', '2', '--set', set], () => callGetppid(53));
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
  assert.match(stderr, /program "nowhere" is not attached: this kernel's BTF has no typedef btf_trace_no_such_event/);
});
