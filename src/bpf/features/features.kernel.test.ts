/** Feature probes agree with what the rest of the tests can do on this kernel, and leave nothing behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { FEATURE_NAMES, feature, hasFeature, settings } from './index.ts';

test('every feature is there, or has a reason and a consequence', async () => {
  const before = readdirSync('/proc/self/fd').length;
  const features = await Promise.all(FEATURE_NAMES.map(feature));
  for (const { name, available, reason, without, since } of features) {
    assert.match(since, /^\d+\.\d+$/);
    assert.equal(available, reason === undefined, name);
    assert.equal(available, without === undefined, name);
  }
  assert.ok(await hasFeature('maps'));
  assert.ok(await hasFeature('programs'));
  // tracefs may have been mounted for this process.
  assert.ok(readdirSync('/proc/self/fd').length <= before + 1);
});

/** In another process, as nobody, with two capabilities. */
const LEAST = `
  const { FEATURE_NAMES, feature } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
  const features = await Promise.all(FEATURE_NAMES.map(feature));
  console.log(JSON.stringify(features.filter(({ available }) => available).map(({ name }) => name)));
`;

test('CAP_BPF and CAP_PERFMON are enough for all but tracepoints by name and uprobes through perf', async (t) => {
  const only = '-all,+bpf,+perfmon';
  const drop = ['--reuid=65534', '--regid=65534', '--clear-groups', `--inh-caps=${only}`, `--ambient-caps=${only}`];
  const withOnly = (...command: string[]) =>
    spawnSync('setpriv', [...drop, `--bounding-set=${only}`, ...command], { encoding: 'utf8' });
  const probe = withOnly('true');
  // Busybox has one that knows few options.
  if (probe.status !== 0) return t.skip(`setpriv: ${probe.error?.message ?? probe.stderr.split('\n')[0]}`);
  const child = withOnly(process.execPath, '--input-type=module', '-e', LEAST);
  assert.equal(child.status, 0, child.stderr);
  const have = new Set(JSON.parse(child.stdout) as string[]);
  const lost = [];
  for (const name of FEATURE_NAMES) if ((await hasFeature(name)) && !have.has(name)) lost.push(name);
  const paranoid = settings().some(({ name, advice }) => name === 'kernel.perf_event_paranoid' && advice !== undefined);
  const perf = paranoid ? ['cpu_clock', 'watchpoint', 'perf_link'] : [];
  const allowed = ['run_statistics', 'tracefs', 'tracepoint', 'uprobe', 'kprobe', ...perf];
  assert.deepEqual(
    lost.filter((name) => !allowed.includes(name)),
    [],
  );
});
