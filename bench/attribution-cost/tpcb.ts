/**
 * What a mode costs TPC-B with fsync: pgbench runs throughout, and the mode is switched on and off beneath it, in pairs of
 * windows of a second. A disk that others use decides how long a transaction takes, so three things are told: how many fewer
 * there were, how much longer the median took, and how much more CPU time each took, which the disk does not touch.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../src/cluster/index.ts';
import { listChildren } from '../../src/postgres/discover/index.ts';
import { cpuNs } from '../cpu-time.ts';
import { bootstrap, type Estimate, medianOf } from '../statistics.ts';
import type { Mode } from './modes.ts';

const CLIENTS = '4';
const WINDOW_MS = 1000;
/** After a switch, until what it disturbs has settled. */
const SETTLE_MS = 100;
/** pgbench writes its log now and then. */
const LOG_MS = 3000;

interface Span {
  readonly isOn: boolean;
  /** Of the wall clock, µs. */
  readonly from: number;
  readonly to: number;
  /** Of the server's processes and pgbench, ns. */
  readonly cpu: number;
}

/** What a window had: transactions, µs of the median one, µs of CPU time of each. */
interface Seen {
  readonly count: number;
  readonly latency: number;
  readonly cpu: number;
}

const nowUs = (): number => (performance.timeOrigin + performance.now()) * 1000;
const cpuOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuNs(pid), 0);

async function windowOf(pids: readonly number[], isOn: boolean): Promise<Span> {
  await sleep(SETTLE_MS);
  const [from, before] = [nowUs(), cpuOf(pids)];
  await sleep(WINDOW_MS);
  return { isOn, from, to: nowUs(), cpu: cpuOf(pids) - before };
}

/** Lines: client, number, µs, script, seconds, µs (pgbench's documentation, "Per-Transaction Logging"). */
function readLog(folder: string): { readonly end: number; readonly latency: number }[] {
  const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return lines
    .map((line) => line.split(' ').map(Number))
    .filter((fields) => fields.length >= 6)
    .map((fields) => ({ latency: fields[2]!, end: fields[4]! * 1e6 + fields[5]! }));
}

/** Pairs [off, on], the two windows of each next to each other. */
function pairsOf(spans: readonly Span[], log: ReturnType<typeof readLog>): (readonly [Seen, Seen])[] {
  const seen = spans.map(({ from, to, cpu }): Seen => {
    const own = log.filter(({ end }) => end >= from && end < to);
    return { count: own.length, latency: medianOf(own.map(({ latency }) => latency)), cpu: cpu / 1000 / own.length };
  });
  return spans.flatMap(({ isOn }, at) => {
    if (at % 2 === 1 || seen[at]!.count === 0 || seen[at + 1]!.count === 0) return [];
    return [isOn ? ([seen[at + 1]!, seen[at]!] as const) : ([seen[at]!, seen[at + 1]!] as const)];
  });
}

const percent = ({ median, low, high }: Estimate): string =>
  `${median.toFixed(2)} % [${low.toFixed(2)}, ${high.toFixed(2)}]`;

function print(pairs: readonly (readonly [Seen, Seen])[]): void {
  const base = (of: keyof Seen): number => medianOf(pairs.map(([off]) => off[of]));
  const cpuShare = pairs.map(([off, on]) => ((on.cpu - off.cpu) / base('latency')) * 100);
  console.log(
    `TPC-B with fsync, ${CLIENTS} clients, ${pairs.length} pairs: ${base('count').toFixed(0)} transactions a window, ` +
      `${base('latency').toFixed(0)} µs the median, ${base('cpu').toFixed(0)} µs of CPU time`,
  );
  console.log(
    `time added, by count: ${percent(bootstrap(pairs.map(([off, on]) => (off.count / on.count - 1) * 100)))}`,
  );
  console.log(
    `time added, median: ${percent(bootstrap(pairs.map(([off, on]) => (on.latency / off.latency - 1) * 100)))}`,
  );
  console.log(`CPU time added, as a share of the median transaction's time: ${percent(bootstrap(cpuShare))}`);
}

export async function tpcb(cluster: Cluster, mode: Mode, pairs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tpcb-'));
  const target = ['-h', cluster.socketDir, '-p', String(cluster.port), '-U', cluster.user, cluster.user];
  const options = ['-n', '-c', CLIENTS, '-T', '3600', '-l', `--log-prefix=${join(folder, 'log')}`];
  const load = spawn('pgbench', [...options, ...target], { stdio: 'ignore' });
  const ended = once(load, 'exit');
  try {
    await sleep(LOG_MS);
    const pids = [load.pid!, ...listChildren(cluster.postmasterPid)];
    const spans: Span[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      for (const isOn of pair % 2 === 0 ? [false, true] : [true, false]) {
        if (isOn) await mode.on();
        spans.push(await windowOf(pids, isOn));
        if (isOn) await mode.off();
      }
    }
    await sleep(LOG_MS);
    print(pairsOf(spans, readLog(folder)));
  } finally {
    load.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  }
}
