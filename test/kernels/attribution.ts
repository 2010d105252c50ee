/** Attribution on the kernel that runs us: which way it takes, and its counts beside those of a known load and of pg_stat_statements. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRow } from '../../src/api/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import {
  Attribution,
  type AttributionOptions,
  CommitRows,
  findWays,
  type KernelWays,
  QueryRows,
  SIGNALS,
  type Signal,
} from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { runCounted } from '../../src/workload/index.ts';
import { countedStatements, type StatementCount } from '../accuracy/servers.ts';
import { rowsOf, total } from '../accuracy/watch.ts';

export interface AttributionResult {
  /** How requests are seen, how loops end, where processes are remembered. */
  readonly way: string;
  readonly coverage: string;
  readonly shortcoming: string | null;
  readonly requests: Count;
  /** Statements of the load, by whether their calls are marked inexact; or have no row of their own. */
  readonly exact: number;
  readonly inexact: number;
  readonly unnamed: number;
  /** Rows whose text is known, of all. */
  readonly texts: Count;
  /** Of those that are not marked, whose calls or errors are not as the load knows them. */
  readonly wrong: readonly string[];
  /** Calls of those statements that are not marked inexact: ours, and what pg_stat_statements counted. */
  readonly calls: Count;
  readonly dropped: number;
  /** Requests that are on the application that sent them; absent in reports of before it was tried, as the next. */
  readonly clients?: Count;
  /** Transactions that wrote WAL, on the statement that ended each. */
  readonly commits?: Count;
  /** What needs an event that not every kernel has, and is there. */
  readonly fragments?: readonly string[];
  /** Why the program does not load with a signal; null: it does. */
  readonly signals: Readonly<Record<string, string | null>>;
}

interface Count {
  readonly seen: number;
  readonly known: number;
}

const SETTLE_MS = 300;

export async function tryAttribution(cluster: Cluster): Promise<AttributionResult> {
  const ways = await findWays();
  return {
    way: nameOf(ways),
    fragments: ways.fragments,
    ...(await tryCounts(cluster)),
    clients: await tryClients(cluster),
    commits: await tryCommits(cluster),
    signals: await trySignals(cluster),
  };
}

function nameOf({ sockets, features }: KernelWays): string {
  const loops = features.mayGoto ? 'may_goto' : features.bpfLoop ? 'bpf_loop' : 'counted loops';
  return `${sockets}, ${loops}, ${features.taskStorage ? 'task storage' : 'hashes by thread'}`;
}

type Counts = Omit<AttributionResult, 'way' | 'fragments' | 'clients' | 'commits' | 'signals'>;

export async function tryCounts(cluster: Cluster): Promise<Counts> {
  const attribution = await Attribution.start({ pgdata: cluster.pgdata });
  try {
    const windows = new QueryRows(attribution.read());
    const report = await runCounted(cluster);
    await sleep(SETTLE_MS);
    const rows = windows.advance(attribution.read());
    const counted = await countedStatements(cluster);
    const known = report.statements.flatMap((statement) => {
      const own = rowsOf(rows, statement.marker);
      return own.length === 0 ? [] : [{ ...statement, rows: own }];
    });
    const exact = known.filter((one) => isExact(one.rows));
    const wrong = exact.filter(({ rows: own, succeeded, failed }) => {
      return total(own, ({ calls }) => calls) !== succeeded + failed || total(own, ({ errors }) => errors) !== failed;
    });
    return {
      coverage: rows[0]?.coverage ?? 'nothing seen',
      shortcoming: attribution.shortcoming ?? null,
      requests: { seen: total(rows, ({ requests }) => requests), known: report.requests },
      exact: exact.length,
      inexact: known.length - exact.length,
      unnamed: report.statements.length - known.length,
      texts: { seen: rows.filter(hasText).length, known: rows.length },
      wrong: wrong.map(({ marker, rows: own, succeeded, failed }) => {
        return `${marker}: ${total(own, ({ calls }) => calls)} of ${succeeded + failed}`;
      }),
      calls: beside(exact, counted),
      dropped: rows[0]?.dropped ?? 0,
    };
  } finally {
    attribution.close();
  }
}

const isExact = (rows: readonly QueryRow[]): boolean => !rows.some(({ inexact }) => inexact.includes('calls'));

const hasText = ({ query }: QueryRow): boolean => query !== null && !/(does not parse|no statement)>$/.test(query);

const countsOf = (counted: readonly StatementCount[], marker: string): StatementCount[] =>
  counted.filter(({ query }) => new RegExp(`\\b${marker}\\b`).test(query) && !/^CREATE|; /i.test(query));

interface Named {
  readonly marker: string;
  readonly rows: readonly QueryRow[];
}

/** pg_stat_statements counts only what succeeded. */
function beside(exact: readonly Named[], counted: readonly StatementCount[]): Count {
  const both = exact.flatMap(({ marker, rows }) => {
    const statements = countsOf(counted, marker);
    return statements.length === 0 ? [] : [{ rows, statements }];
  });
  return {
    seen: total(both, ({ rows }) => total(rows, ({ calls, errors }) => calls - errors)),
    known: total(both, ({ statements }) => total(statements, ({ calls }) => calls)),
  };
}

/** Requests by the names of sessions: two that come and go by turns, and one that calls itself otherwise in the middle. */
export async function tryClients(cluster: Cluster, options: AttributionOptions = {}): Promise<Count> {
  return watched(cluster, { ...options, signals: ['clients'] }, async (attribution) => {
    const known = { alpha: 29, beta: 13, gamma: 7, delta: 11 };
    const [alpha, beta, gamma] = await Promise.all(
      ['alpha', 'beta', 'gamma'].map((applicationName) => Connection.open({ ...cluster, applicationName })),
    );
    await repeat(known.alpha, () => alpha!.query('SELECT 1'));
    await repeat(known.gamma, () => gamma!.query('SELECT 2'));
    await gamma!.query("SET application_name = 'delta'");
    await repeat(known.beta, () => beta!.query('SELECT 1'));
    await repeat(known.delta - 1, () => gamma!.query('SELECT 2'));
    await Promise.all([alpha!, beta!, gamma!].map((session) => session.close()));
    await sleep(SETTLE_MS);
    const rows = [...attribution.read().clients.values()];
    const seen = Object.entries(known).map(([name, most]) => {
      const own = rows.filter(({ application }) => application === name);
      const requests = total(own, ({ counters }) => counters[0]!);
      // What another has is missing there; too many of one must not make up for it.
      return requests <= most ? requests : 0;
    });
    return { seen: total(seen, (count) => count), known: total(Object.values(known), (count) => count) };
  });
}

const COMMITS = 31;

export async function tryCommits(cluster: Cluster, options: AttributionOptions = {}): Promise<Count> {
  return watched(cluster, options, async (attribution) => {
    const session = await Connection.open(cluster);
    await session.query('CREATE TABLE kernel_commits (n int)');
    await sleep(SETTLE_MS);
    const windows = new CommitRows(attribution.read());
    await repeat(COMMITS, () => session.query('INSERT INTO kernel_commits VALUES (1)'));
    await session.query('DROP TABLE kernel_commits');
    await session.close();
    await sleep(SETTLE_MS);
    const rows = windows.advance(attribution.read());
    const own = rows.filter((row) => row.kind === 'statement' && row.query?.startsWith('INSERT'));
    return { seen: total(own, ({ commits }) => commits), known: COMMITS };
  });
}

async function watched<T>(
  { pgdata }: Cluster,
  options: AttributionOptions,
  body: (attribution: Attribution) => Promise<T>,
): Promise<T> {
  const attribution = await Attribution.start({ ...options, pgdata });
  try {
    return await body(attribution);
  } finally {
    attribution.close();
  }
}

async function repeat(times: number, once: () => Promise<unknown>): Promise<void> {
  for (let turn = 0; turn < times; turn++) await once();
}

async function trySignals(cluster: Cluster): Promise<Record<string, string | null>> {
  const results: Record<string, string | null> = {};
  for (const signal of SIGNALS) results[signal] = await trySignal(cluster, [signal]);
  return { ...results, all: await trySignal(cluster, SIGNALS) };
}

export async function trySignal({ pgdata }: Cluster, signals: readonly Signal[]): Promise<string | null> {
  try {
    (await Attribution.start({ pgdata, signals })).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
