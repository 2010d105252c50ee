/**
 * What a signal adds to each hook of the program, in ns a run by the kernel's own count, in pairs of windows beside the program
 * without it: node bench/signal-cost.ts SIGNAL [pairs]. The load is pgbench -S, prepared, one client.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { countRuns } from '../src/bpf/programs/index.ts';
import { startCluster } from '../src/cluster/index.ts';
import { Engine } from '../src/collect/attribution/engine.ts';
import { firstSight } from '../src/collect/attribution/first-sight.ts';
import { kernelProfile } from '../src/collect/attribution/profile.ts';
import type { Signal } from '../src/collect/attribution/program.ts';
import { discoverClusters } from '../src/postgres/discover/index.ts';
import { pgbench } from '../test/accuracy/pgbench.ts';

const signal = (process.argv[2] ?? 'resources') as Signal;
const PAIRS = Number(process.argv[3] ?? 8);
const WINDOW_MS = 700;

type Means = ReadonlyMap<string, number>;

const cluster = await startCluster({ flavour: 'debian' });
const stopCounting = countRuns();
try {
  await pgbench(cluster, '-i', '-q');
  const load = pgbench(
    cluster,
    '-n',
    '-S',
    '-M',
    'prepared',
    '-c',
    '1',
    '-T',
    String(Math.ceil((PAIRS * 2 * (WINDOW_MS + 400)) / 1000) + 3),
  );
  // It is waited for at the end, and may end earlier when this fails.
  load.catch(() => undefined);
  const engines = await Promise.all([[], [signal]].map((signals) => watching(signals)));
  const windows: Means[][] = [[], []];
  for (let pair = 0; pair < PAIRS; pair++) {
    for (const which of pair % 2 === 0 ? [0, 1] : [1, 0]) windows[which]!.push(await oneWindow(engines[which]!));
  }
  report(windows[0]!, windows[1]!);
  for (const engine of engines) engine.close();
  await load;
} finally {
  stopCounting();
  await cluster.stop();
}

async function watching(signals: readonly Signal[]): Promise<Engine> {
  const engine = await Engine.load(() => undefined, { signals });
  const found = discoverClusters().clusters.find(({ pgdata }) => pgdata === cluster.pgdata)!;
  const profile = kernelProfile(found, engine.ways);
  engine.setProfile(0, profile);
  engine.watch(found.pid, 0, 'postmaster');
  for (const { pid } of found.children) engine.watch(pid, 0, firstSight(pid, profile));
  return engine;
}

/** The mean run of each hook in this window. */
async function oneWindow(engine: Engine): Promise<Means> {
  await engine.attach();
  await sleep(200);
  const before = new Map(engine.programs().map((one) => [one.hook, one]));
  await sleep(WINDOW_MS);
  const means = engine.programs().map(({ hook, runs, ns }): [string, number] => {
    const first = before.get(hook) ?? { runs: 0, ns: 0 };
    return [hook, (ns - first.ns) / (runs - first.runs)];
  });
  engine.detach();
  return new Map(means);
}

function report(without: readonly Means[], within: readonly Means[]): void {
  for (const hook of within[0]!.keys()) {
    const own = without.map((means) => means.get(hook)).filter((mean) => mean !== undefined);
    const all = within.map((means) => means.get(hook)!);
    const added = all.map((mean, pair) => mean - (own[pair] ?? 0)).filter(Number.isFinite);
    if (added.length < PAIRS / 2) continue;
    const [low, middle, high] = [0.25, 0.5, 0.75].map((part) => quantile(added, part).toFixed(0));
    const base = own.length > 0 ? `${quantile(own, 0.5).toFixed(0)} ns without` : 'only with it';
    console.log(`${hook.padEnd(38)} ${base.padStart(16)}, added ${middle} ns (quartiles ${low}, ${high})`);
  }
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)]!;
}
