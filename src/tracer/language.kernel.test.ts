/** What of the language only a kernel shows: other processes skipped, path(), read_user_text(), unwatch(), rate_limit(), topk(), pins, cgroup_storage() and usermode. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { test } from 'node:test';
import { feature } from '../bpf/features/index.ts';
import { PERF_TYPE, perfEventOpen, tracefs } from '../bpf/sys/index.ts';
import { allocate } from '../native/index.ts';
import { type TraceEvent, trace } from './library.ts';
import { all, rowsOf, troublesOf } from './testing/events.ts';

const skip = process.getuid?.() === 0 ? false : 'tracing needs root';

test('probes that fire in all processes skip those that are not asked for', { skip }, async () => {
  const text =
    'tracepoint:syscalls:sys_enter_openat /1/ { @[pid] = count(); } tp_btf:sys_enter { @raw[pid] = count(); }';
  const run = trace(text, { pid: process.pid, skipsOthers: true });
  for await (const event of run) {
    if (event.kind !== 'attached') continue;
    const ended = once(spawn('cat', ['/proc/self/comm'], { stdio: 'ignore' }), 'exit');
    readFileSync('/proc/self/comm');
    await ended;
    const processes = run.snapshot().map(({ rows }) => rows.map(({ key }) => key));
    assert.deepEqual(processes, [[process.pid], [process.pid]]);
    break;
  }
});

test('a tracepoint that a script is on is still seen by perf', { skip }, async () => {
  const id = readFileSync(`${tracefs()}/events/syscalls/sys_enter_getppid/id`, 'utf8');
  const event = perfEventOpen({ type: PERF_TYPE.tracepoint, config: BigInt(id.trim()) }, process.pid, -1);
  assert.ok(event >= 0);
  const probe = 'tracepoint:syscalls:sys_enter_getppid';
  try {
    // The second's text does not fit into the frame: that of a program that finds no room for it is another end.
    const run = trace(
      `${probe} /pid == ${process.pid}/ { @ = count(); } ${probe} { @text = comm; @long = str(0, 512); }`,
    );
    for await (const { kind } of run) {
      if (kind !== 'attached') continue;
      for (let i = 0; i < 1009; i++) process.ppid;
      break;
    }
    const seen = new BigUint64Array(1);
    readSync(event, seen);
    assert.equal(seen[0], 1009n);
  } finally {
    closeSync(event);
  }
});

test('path() is the whole path of an open file', { skip }, async () => {
  const file = openSync(import.meta.filename, 'r');
  try {
    const text = `iter:task_file /ctx.task.tgid == ${process.pid} && ctx.fd == ${file}/ { print(path(ctx.file.f_path, 256)); }`;
    const found = (await all(trace(text))).filter(({ kind }) => kind === 'value');
    assert.deepEqual(found, [{ kind: 'value', value: readlinkSync(`/proc/self/fd/${file}`) }]);
  } finally {
    closeSync(file);
  }
});

test('the length of an empty text of user memory is one, of none of its bytes zero', { skip }, async () => {
  const { address, view } = allocate(64);
  const text = `BEGIN {
    let $text : uint8[16];
    $none = nsecs & 0;
    print((read_user_text(&$text, ${address}), read_user_text(&$text, ${address}, $none + 16),
      read_user_text(&$text, ${address}, $none), read_user_text(&$text, ${address}, 0),
      read_user_text(&$text, ${address}, -1)));
  }`;
  const found = (await all(trace(text))).filter(({ kind }) => kind === 'value');
  assert.deepEqual(found, [{ kind: 'value', value: [1, 1, 0, 0, 1] }]);
  assert.equal(view.getUint8(0), 0);
});

test('texts of any length are keys, counted and read, zeroed and cleared', { skip }, async () => {
  const lengths = [0, 1, 119, 120, 123, 124, 126, 127, 128, 129, 500, 1023];
  const texts = allocate(lengths.length * 1024);
  for (const [i, length] of lengths.entries()) {
    for (let at = 0; at < length; at++) texts.view.setUint8(i * 1024 + at, 97 + (at % 26));
  }
  const text = (length: number) => Array.from({ length }, (_, at) => String.fromCharCode(97 + (at % 26))).join('');
  const events = await all(
    trace(`BEGIN {
      for ($i : 0..${lengths.length * 101}) {
        $at = uptr(${texts.address} + ($i % ${lengths.length}) * 1024);
        @alone[str($at)] = count();
        @pair[(uint32)7, str($at)]++;
        @zeroed[str($at)] = sum(3);
        @cleared[str($at)] = $i;
        @few[str($at)] = 1;
        if ($i % ${lengths.length} % 2 == 1) { delete(@few, str($at)); }
      }
      @read = (int64)@alone[str(uptr(${texts.address}))] + (int64)@alone[str(uptr(${texts.address} + ${10 * 1024}))];
      print((len(@alone), len(@few)));
      zero(@zeroed); clear(@cleared); exit();
    }`),
  );
  const rows = (name: string) =>
    new Map(rowsOf(events, name).map(({ key, value }) => [String(key), Number(value)] as const));
  const each = (value: number, of = lengths) => new Map(of.map((length) => [text(length), value] as const));
  const sorted = (map: Map<string, number>) => [...map].sort(([a], [b]) => a.length - b.length);
  assert.deepEqual(sorted(rows('@alone')), sorted(each(101)));
  assert.deepEqual(
    sorted(rows('@pair')),
    sorted(each(101)).map(([key, value]) => [`7,${key}`, value]),
  );
  assert.deepEqual(sorted(rows('@zeroed')), sorted(each(0)));
  assert.deepEqual(
    sorted(rows('@few')),
    sorted(
      each(
        1,
        lengths.filter((_, i) => i % 2 === 0),
      ),
    ),
  );
  assert.equal(rows('@cleared').size, 0);
  assert.deepEqual(rowsOf(events, '@read')[0]?.value, 202);
  assert.ok(events.some((event) => event.kind === 'value' && String(event.value) === `${lengths.length},6`));
});

test('unwatch() ends a watchpoint', { skip }, async (t) => {
  const block = allocate(64);
  const text = `watchpoint:${block.address}:1:w { @hits = count(); if (@hits == 1) { unwatch(${block.address}); printf("gone\\n"); } }`;
  const run = trace(text, { pid: process.pid });
  let seen = false;
  const write = () => {
    for (let i = 0; i < 1009; i++) block.view.setUint8(0, i);
  };
  const hits = () => Number(run.snapshot()[0]?.rows[0]?.value ?? 0);
  for await (const event of run) {
    if (event.kind === 'attached') {
      write();
      if (hits() === 0) return t.skip('the debug registers of this virtual machine do nothing');
    } else if (event.kind === 'text') {
      seen = true;
      const before = hits();
      write();
      assert.equal(hits(), before);
      break;
    }
  }
  assert.ok(seen);
});

test('a rate limit lets so many of each second through and says how many it left out', { skip }, async () => {
  const run = trace(`
    tracepoint:syscalls:sys_enter_openat /pid == ${process.pid} && str(args.filename) == "/proc/self/comm"/ {
      @all = count();
      if (rate_limit(5)) { @few = count(); }
    }`);
  const events: TraceEvent[] = [];
  for await (const event of run) {
    events.push(event);
    if (event.kind !== 'attached') continue;
    for (let i = 0; i < 1009; i++) readFileSync('/proc/self/comm');
    run.stop();
  }
  const value = (name: string) => Number(rowsOf(events, name)[0]?.value);
  const few = value('@few');
  assert.equal(value('@all'), 1009);
  assert.ok(few >= 5 && few % 5 === 0 && few <= 50, `${few} passed`);
  assert.deepEqual(troublesOf(events), [`rate_limit(5) in line 4 left out ${1009 - few}.`]);
});

test('a top-k map keeps the largest of more keys than it has room for', { skip }, async () => {
  // 100,003 events: 20 large keys of (2 + k) in 1009 events each, 5000 others by turns.
  const events = await all(
    trace(`let @top = topk(5);
      let @exact = hash(8192);
      BEGIN {
        for ($i : 0..100003) {
          $slot = $i % 1009;
          $key = $slot < 250 ? (uint64)($slot % 20) : (uint64)1000 + ($i * 7919) % 5000;
          if ($slot < 250 && $slot % 20 > 14) { @top[$key, "x"] = sum(3); @exact[$key, "x"] += 3; }
          @top[$key, "x"] = sum(1);
          @exact[$key, "x"] += 1;
        }
        exit();
      }`),
  );
  const rows = (name: string) => rowsOf(events, name).map(({ key, value }) => [String(key), Number(value)] as const);
  const exact = new Map(rows('@exact'));
  assert.ok(exact.size > 4000, `${exact.size} keys`);
  const top = rows('@top');
  const largest = [...exact].sort(([, a], [, b]) => b - a).slice(0, 5);
  assert.deepEqual(top.map(([key]) => key).sort(), largest.map(([key]) => key).sort());
  const over = Number(/up to (\d+) too high/.exec(troublesOf(events).join())![1]);
  for (const [key, value] of top) {
    assert.ok(
      value >= exact.get(key)! && value - exact.get(key)! <= over,
      `${key}: ${value}, exactly ${exact.get(key)}`,
    );
  }
});

/** Standard output and error of a shell that may run "$0 trace". */
function shell(script: string): [out: string, err: string] {
  const pebble = `${import.meta.dirname}/../../pebble`;
  const { stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, pebble], { encoding: 'utf8' });
  return [stdout, stderr];
}

test('a pinned iterator prints to whoever reads the file', { skip }, () => {
  const text = 'iter:task:tasks /ctx.task.tgid == 2/ { printf("%05d%%d %s|", ctx.task.tgid, ctx.task.comm); }';
  const [out] = shell(`mount -t bpf bpf /sys/fs/bpf && "$0" trace -qe '${text}' && cat /sys/fs/bpf/tasks`);
  assert.match(out, /^Program pinned to \/sys\/fs\/bpf\/tasks\n+(00002%d kthreadd\|)?$/);
  // A container may not see the kernel's first thread.
  if (readFileSync('/proc/2/comm', 'utf8') === 'kthreadd\n') assert.match(out, /kthreadd/);
});

test('a pinned iterator is refused a form that its kernel prints nothing for', { skip }, () => {
  for (const form of ['%#x', '%.3d', '%c'])
    assert.throws(
      () => trace(`iter:task:tasks { printf("${form}", ctx.task.tgid); }`),
      ({ detail }: { detail: string }) => /in a pinned iterator.*without # and precision/.test(detail),
      form,
    );
});

test('what only the end probe prints counts as something printed', { skip }, () => {
  const [out, err] = shell(`"$0" trace -e 'interval:ms:1 { @ = count(); } end { print(@); clear(@); }' -c 'sleep 0.1'`);
  assert.match(out, /^@: \d+$/m);
  assert.doesNotMatch(err, /No event/);
});

test('cgroup_storage() keeps a value for the current cgroup', { skip }, async (t) => {
  const { available } = await feature('cgroup_storage');
  if (!available) return t.skip('this kernel keeps no values on cgroups (Linux 6.2)');
  const probe = `tracepoint:syscalls:sys_enter_getppid /pid == ${process.pid}/`;
  const run = trace(
    `let @calls = cgroup_storage(); ${probe} { @calls += 1; if (@calls == 1009) { $calls = @calls; print($calls); exit() } }`,
  );
  const values: unknown[] = [];
  for await (const event of run) {
    if (event.kind === 'value') values.push(event.value);
    if (event.kind === 'attached') for (let i = 0; i < 1009; i++) process.ppid;
  }
  assert.deepEqual(values, [1009]);
});

test('usermode is 0 where a probe has no registers of whom it interrupted', { skip }, async () => {
  const run = trace('tp_btf:sys_enter { print(usermode); exit(); }');
  const values = (await all(run)).flatMap((event) => (event.kind === 'value' ? [event.value] : []));
  assert.equal(values[0], 0);
});
