/**
 * What attribution costs, beside others: `node bench/attribution-cost/index.ts [--windows N] [--reference LOADER] [--only NAME,…] [--tpcb PAIRS]
 * [--foreign PAIRS]`.
 * Each mode is switched on and off between short windows in the order off, on, on, off (ABBA), so that what drifts
 * meets both alike; differences are taken within the pairs. Client and backend share one CPU, before others.
 * LOADER is another attribution tool to be measured in the same run: a program that is given the postmaster's pid and
 * seconds, and says "attached". Needs gcc with libpq, pgbench, perf and Debian's PostgreSQL.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { startCluster } from '../../src/cluster/index.ts';
import type { Signal } from '../../src/collect/attribution/program.ts';
import { bootstrap, bootstrapRatio, type Estimate, medianOf } from '../statistics.ts';
import { Client, CPU } from './client.ts';
import {
  emptyUprobe,
  type Mode,
  NO_WAIT_SAMPLING,
  NOTHING,
  pebble,
  type Subject,
  setting,
  tool,
  waitSampling,
} from './modes.ts';
import { tpcb } from './tpcb.ts';

const { values: given } = parseArgs({
  options: {
    windows: { type: 'string', default: '60' },
    queries: { type: 'string', default: '1500' },
    reference: { type: 'string' },
    only: { type: 'string' },
    tpcb: { type: 'string', default: '60' },
    foreign: { type: 'string', default: '10' },
  },
});

interface Result {
  readonly name: string;
  /** ns a window, off and on. */
  readonly base: number[];
  readonly added: number[];
  readonly addedMedian: number[];
}

/** One pair of each mode in turn, so that all of them see the same of what else the machine does. */
async function measurePairs(
  modes: readonly Mode[],
  measure: () => Promise<readonly [number, number]>,
): Promise<Result[]> {
  const results = modes.map(({ name }): Result => ({ name, base: [], added: [], addedMedian: [] }));
  for (let window = 0; window < Number(given.windows); window++) {
    for (const [i, mode] of modes.entries()) {
      const first = window % 2 === 0;
      const readings: (readonly [number, number])[] = [];
      for (const isOn of first ? [false, true] : [true, false]) {
        if (isOn) await mode.on();
        readings.push(await measure());
        if (isOn) await mode.off();
      }
      const [off, on] = first ? [readings[0]!, readings[1]!] : [readings[1]!, readings[0]!];
      results[i]!.base.push(off[0]);
      results[i]!.added.push(on[0] - off[0]);
      results[i]!.addedMedian.push(on[1] - off[1]);
    }
  }
  return results;
}

const ns = ({ median, low, high }: Estimate): string => `${median.toFixed(0)} [${low.toFixed(0)}, ${high.toFixed(0)}]`;
const ratio = ({ median, low, high }: Estimate): string =>
  `${median.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;

function print(results: readonly Result[], beside: readonly string[]): void {
  for (const { name, base, added, addedMedian } of results) {
    const share = (medianOf(added) / medianOf(base)) * 100;
    console.log(
      `${name} | ${(medianOf(base) / 1000).toFixed(1)} | ${ns(bootstrap(added))} | ${ns(bootstrap(addedMedian))} | ${share.toFixed(1)} %`,
    );
  }
  const own = results.find(({ name }) => name === 'pebble');
  for (const other of beside) {
    const found = results.find(({ name }) => name.startsWith(other));
    if (own && found)
      console.log(
        `pebble : ${found.name} = ${ratio(bootstrapRatio(own.added, found.added))} (20th percentile), ${ratio(bootstrapRatio(own.addedMedian, found.addedMedian))} (median)`,
      );
  }
}

/** ns that each switch between two processes that are not PostgreSQL takes longer. */
async function foreignSwitches(mode: Mode): Promise<void> {
  const SWITCHES = 100_000;
  const run = (): number => {
    const text = execFileSync('taskset', ['-c', CPU, 'perf', 'bench', 'sched', 'pipe', '-l', String(SWITCHES)], {
      encoding: 'utf8',
    });
    return (Number(/([\d.]+) usecs\/op/.exec(text)![1]) * 1000) / 2;
  };
  const added: number[] = [];
  const base: number[] = [];
  for (let pair = 0; pair < Number(given.foreign); pair++) {
    const readings: number[] = [];
    for (const isOn of pair % 2 === 0 ? [false, true] : [true, false]) {
      if (isOn) await mode.on();
      readings.push(run());
      if (isOn) await mode.off();
    }
    const [off, on] = pair % 2 === 0 ? [readings[0]!, readings[1]!] : [readings[1]!, readings[0]!];
    base.push(off);
    added.push(on - off);
  }
  console.log(
    `a switch between foreign processes: ${medianOf(base).toFixed(0)} ns, with pebble ${ns(bootstrap(added))} more`,
  );
}

/** Loading it costs every mode something: it is measured alone, beside nothing. */
const SAMPLES_WAITS = given.only?.includes('pg_wait_sampling') ?? false;

const SIGNALS_BESIDE: readonly (readonly Signal[])[] = [['io', 'executions'], ['inner', 'wakers'], ['profile']];

function isAsked(name: string): boolean {
  if (name === 'reference' && !given.reference) return false;
  if (name === 'pg_wait_sampling' && !SAMPLES_WAITS) return false;
  return !given.only || given.only.split(',').includes(name);
}

async function main(): Promise<void> {
  const cluster = await startCluster({
    flavour: 'debian',
    settings: {
      shared_preload_libraries: SAMPLES_WAITS ? 'pg_stat_statements, pg_wait_sampling' : 'pg_stat_statements',
      ...(SAMPLES_WAITS && NO_WAIT_SAMPLING),
      compute_query_id: 'on',
      'pg_stat_statements.track': 'none',
    },
  });
  try {
    execFileSync(
      'pgbench',
      ['-i', '-q', '-h', cluster.socketDir, '-p', String(cluster.port), '-U', cluster.user, cluster.user],
      { stdio: 'ignore' },
    );
    const client = new Client(cluster);
    await client.prefer();
    const program = execFileSync('readlink', ['-f', `/proc/${cluster.postmasterPid}/exe`], { encoding: 'utf8' }).trim();
    const subject: Subject = {
      pgdata: cluster.pgdata,
      postmaster: cluster.postmasterPid,
      program,
      execute: (sql) => client.execute(sql),
    };
    if (SAMPLES_WAITS) await client.execute('CREATE EXTENSION pg_wait_sampling');
    const usdt = (name: string): string => `usdt:${program}:postgresql:${name}`;
    const script = `${usdt('query__start')} { @s[tid] = nsecs; } ${usdt('query__done')} /@s[tid]/ { @ = hist(nsecs - @s[tid]); delete(@s[tid]); } BEGIN { printf("ready\\n"); }`;
    const others = SIGNALS_BESIDE.map((signals) => {
      const name = `pebble with ${signals.join(', ')}`;
      return [name, () => pebble(name, subject, signals)] as const;
    });
    // What is not asked for is not even loaded.
    const all: readonly (readonly [string, () => Mode | Promise<Mode>])[] = [
      ['nothing', () => NOTHING],
      ['pebble', () => pebble('pebble', subject, [])],
      [
        'reference',
        () => tool('reference', given.reference!, [String(cluster.postmasterPid), '1000', '-q'], /attached/),
      ],
      ['empty uprobe', () => emptyUprobe(subject)],
      ...others,
      [
        'pg_stat_statements',
        () =>
          setting(
            'pg_stat_statements',
            subject,
            "SET pg_stat_statements.track = 'top'",
            "SET pg_stat_statements.track = 'none'",
          ),
      ],
      [
        'log_min_duration_statement = 0',
        () =>
          setting(
            'log_min_duration_statement = 0',
            subject,
            'SET log_min_duration_statement = 0',
            'SET log_min_duration_statement = -1',
          ),
      ],
      ['pg_wait_sampling', () => waitSampling(subject)],
      ['bpftrace, two USDTs', () => tool('bpftrace, two USDTs', 'bpftrace', ['-B', 'none', '-e', script], /ready/)],
    ];
    const modes: Mode[] = [];
    for (const [name, make] of all) if (isAsked(name)) modes.push(await make());
    await client.measure(5000);
    console.log('prepared SELECT | base, µs | added at the 20th percentile, ns | added at the median, ns | share');
    print(await measurePairs(modes, () => client.measure(Number(given.queries))), ['reference', 'empty uprobe']);
    const own = modes.find(({ name }) => name === 'pebble');
    if (own) {
      if (Number(given.foreign) > 0) await foreignSwitches(own);
      if (Number(given.tpcb) > 0) await tpcb(cluster, own, Number(given.tpcb));
    }
    for (const mode of modes) await mode.close();
    client.close();
  } finally {
    await cluster.stop();
  }
}

await main();
