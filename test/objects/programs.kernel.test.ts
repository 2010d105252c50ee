/** Programs of every kind that sections name: attached where this kernel can, else the reason is told. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PebbleError } from '../../src/base/errors.ts';
import { kernelBtf } from '../../src/bpf/btf/index.ts';
import type { IterLink } from '../../src/bpf/links/index.ts';
import { functionOffsets } from '../../src/bpf/object/host/binaries.ts';
import { ObjectRun } from '../../src/bpf/object/host/index.ts';
import type { IterTarget } from '../../src/bpf/spec/index.ts';
import { callGetppid, cannotTest, compileNative, type Loaded, load } from './harness.ts';

const skip = cannotTest;
const target = process.pid;

test('raw tracepoints, and a writable one', { skip }, async () => {
  using it = await load('raw_tracepoint', { set: { target }, programs: () => true });
  await it.collection.attachAll();
  callGetppid(43);
  if (process.arch === 'x64') assert.equal(it.variable('entered'), 43);
  assert.ok(Number(it.variable('left')) >= 43);
});

test('iterators run when they are read', { skip }, async () => {
  const it = await load('iter', { set: { target } });
  const run = await ObjectRun.start(it, () => {});
  assert.equal(run.attached, 2);
  run.finish();
  const [tasks] = run.programs();
  assert.equal(tasks?.output, `task ${target}\n`);
  assert.ok(Number(it.variable('maps')) > 0);
  run.close();
});

test('iterators over one map, one thread, a tree of cgroups', { skip }, async () => {
  const programs = ({ name }: { readonly name: string }) => ['tasks', 'each_element'].includes(name);
  using it = await load('iter', { set: { target }, programs });
  const counts = it.collection.keyed('counts');
  for (const [key, value] of [
    [1, 100n],
    [2, 30n],
    [9, 7n],
  ] as const)
    counts.set(key, value);
  const read = async (program: string, over?: IterTarget) => {
    ((await it.collection.attach({ kind: 'iter', program, ...(over && { over }) })) as IterLink).read();
  };
  await read('each_element', { map: it.collection.map('counts').fd });
  assert.deepEqual([it.variable('elements'), it.variable('sum')], [3, 137]);
  await assert.rejects(read('each_element'), { hint: 'say in `over` which map or cgroup it walks' });
  await read('tasks', { tid: target });
  assert.equal(it.variable('tasks_seen'), 1);
});

test('iterators over cgroups begin at the root', { skip }, async (t) => {
  await attachable(
    t,
    () => load('iter', { set: { target }, programs: ({ name }) => name === 'each_cgroup' }),
    (it) => {
      (it.collection.links[0] as IterLink).read();
      const [, root] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))!;
      const directories = readdirSync(root!, { recursive: true, withFileTypes: true });
      const here = directories.filter((entry) => entry.isDirectory()).length + 1;
      // Others make and remove some of them meanwhile.
      assert.ok(Math.abs(Number(it.variable('cgroups')) - here) <= 3, `${it.variable('cgroups')} of ${here}`);
    },
  );
});

test('uprobes: entry, return, pattern, session', { skip }, async (t) => {
  const binary = compileNative('target');
  const flags = [`-DBINARY="${binary}"`];
  const marks = functionOffsets(binary, 'work_*').map((offset) =>
    readFileSync(binary).toString('hex', Number(offset) - 4, Number(offset)),
  );
  if (process.arch === 'x64') assert.deepEqual(marks, ['f30f1efa', 'f30f1efa'], 'probes are behind endbr64');
  using it = await load('uprobes', { flags, programs: ({ name }) => name !== 'session' });
  await it.collection.attachAll();
  execFileSync(binary, ['101']);
  assert.equal(it.variable('entered'), 101);
  assert.equal(it.variable('sum'), (100 * 101) / 2);
  assert.equal(it.variable('returned'), 100 * 101);
  assert.equal(it.variable('many'), 2 * 101);
  await attachable(
    t,
    () => load('uprobes', { flags, programs: ({ name }) => name === 'session' }),
    (session) => {
      execFileSync(binary, ['53']);
      assert.equal(session.variable('sessions'), 2 * 53);
    },
  );
});

test('USDT with arguments in a register, in memory and constant', { skip }, async () => {
  const binary = compileNative('target');
  using it = await load('usdt', { flags: [`-DBINARY="${binary}"`, '-Wno-incompatible-pointer-types'] });
  await it.collection.attachAll();
  execFileSync(binary, ['37']);
  assert.equal(it.variable('fired'), 37);
  assert.deepEqual(
    ['first', 'second', 'third', 'count'].map((name) => it.variable(name)),
    [-36, 1036, -9, 3],
  );
});

test('samples of a clock, attached by hand', { skip }, async () => {
  using it = await load('perf_event');
  assert.deepEqual(
    it.unattached.map(({ error }) => error.what),
    ['the section does not say which event'],
  );
  // PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK.
  await it.collection.attach({ kind: 'perf_event', program: 'sample', type: 1, config: 0n, frequency: 997 });
  const end = Date.now() + 200;
  while (Date.now() < end);
  assert.ok(Number(it.variable('samples')) > 20);
});

test('packets: loaded, run by hand', { skip }, async () => {
  using it = await load('network');
  assert.equal(it.unattached.length, 6);
  const run = (program: string, length: number) =>
    it.collection.program(program).testRun({ data: new Uint8Array(length) }).returned;
  assert.deepEqual([run('drop_short', 20), run('drop_short', 100)], [1, 2]);
  run('shape', 64);
  run('filter', 77);
  const lengths = it.variable('lengths') as number[];
  assert.deepEqual([lengths[0], lengths[1]], [100, 64]);
});

test('programs for sockets and cgroups are loaded', { skip }, async () => {
  using it = await load('cgroups');
  assert.deepEqual(
    new Set(it.unattached.map(({ error }) => error.what)),
    new Set([
      'the section does not say which cgroup',
      'the section does not say which map',
      'the section does not say which device or socket',
    ]),
  );
  assert.equal(it.collection.programs.size, it.unattached.length);
});

test('what a program throws is taken by the function that its tag names', {
  skip: skip || (kernelBtf().find('bpf_throw', 'func') === undefined && 'programs throw since Linux 6.7'),
}, async () => {
  using it = await load('exceptions');
  const run = (length: number) => it.collection.program('throwing').testRun({ data: new Uint8Array(length) }).returned;
  assert.deepEqual([run(64), run(128)], [1, 42]);
});

test('system call programs get a context', { skip }, async () => {
  using it = await load('syscall_args');
  const context = Buffer.alloc(16);
  context.writeBigUInt64LE(40n, 0);
  context.writeBigUInt64LE(2n, 8);
  assert.equal(it.call('add', context), 3);
  assert.equal(it.variable('sum'), 42);
});

test('optional programs are left out unless asked for', { skip }, async () => {
  using it = await load('optional');
  assert.deepEqual([...it.collection.programs.keys()], ['always']);
  await assert.rejects(load('optional', { programs: () => true }), { code: 'unsupported' });
  await assert.rejects(load('optional', { programs: ({ name }) => name === 'never' }), { code: 'no-target' });
});

test('kernel functions: kprobes', { skip }, async (t) => {
  await attachable(
    t,
    () => load('kprobes', { set: { target } }),
    (it) => {
      openSync('/', 'r');
      callGetppid(3);
      assert.ok(Number(it.variable('entered')) > 0);
      assert.equal(it.variable('calls'), 3);
    },
  );
});

test('kernel functions: fentry, fexit', { skip }, async (t) => {
  await attachable(
    t,
    () => load('fentry', { set: { target } }),
    (it) => {
      openSync('/', 'r');
      assert.ok(Number(it.variable('entered')) > 0);
      assert.ok(Number(it.variable('left')) > 0);
    },
  );
});

test('security hooks', { skip }, async (t) => {
  await attachable(
    t,
    () => load('lsm', { set: { target } }),
    (it) => {
      openSync('/', 'r');
      assert.ok(Number(it.variable('opened')) > 0);
    },
  );
});

test('a run tells what is not attached and what never ran', { skip }, async () => {
  const it = await load('network');
  const run = await ObjectRun.start(it, () => {});
  await sleep(1);
  run.finish();
  assert.equal(run.attached, 0);
  for (const { attached, notes, stats } of run.programs()) {
    assert.equal(attached, false);
    assert.equal(notes.length, 1);
    assert.equal(stats?.runs, 0n);
  }
  run.close();
});

/** Kernels differ in what they let programs be attached to: what this one refuses is skipped, with its reason. */
async function attachable(t: TestContext, make: () => Promise<Loaded>, check: (it: Loaded) => void): Promise<void> {
  let it: Loaded | undefined;
  try {
    it = await make();
    if (it.unattached[0]) throw it.unattached[0].error;
    await it.collection.attachAll();
  } catch (error) {
    it?.collection.close();
    if (!(error instanceof PebbleError) || error.code === 'internal' || error.code === 'format') throw error;
    return t.skip(`${error.message}${error.hint ? ` (${error.hint})` : ''}`.split('\n')[0]!);
  }
  check(it);
  it.collection.close();
}
