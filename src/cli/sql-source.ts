/** The rows that SQL asks for, from where the pages have theirs: the live feed, its last minutes, and history. */
import type { Agent } from '../agent/index.ts';
import type { LockRow } from '../api/index.ts';
import { lowerBound } from '../base/exponential.ts';
import { rowsAnswer } from '../server/index.ts';
import { identityAt, type Sample, type Store } from '../store/index.ts';
import { type Row, type Source, SqlFailure, type TimeRange } from '../wire/index.ts';

const MINUTE_MS = 60_000;
/** What is shown where no range is asked for. */
const RECENT_MS: Readonly<Record<string, number>> = { findings: 10 * MINUTE_MS, blocking_tree: 3000 };
const KINDS = {
  queries: 'queries',
  waits: 'waits',
  locks: 'locks',
  io: 'io',
  wal_commits: 'commits',
  executions: 'executions',
  sessions: 'sessions',
  findings: 'findings',
} as const;

export function sqlSource(agent: Agent): Source {
  return async (relation, asked) => {
    await agent.feed.look();
    const now = Date.now();
    const range = asked ?? { fromMs: now - (RECENT_MS[relation] ?? MINUTE_MS), toMs: now + 1 };
    if (relation === 'agent') return [(await agent.status()) as unknown as Row];
    if (!asked && relation === 'queries') return agent.feed.queriesSinceStart() as unknown as Row[];
    if (!asked && relation === 'waits') return agent.feed.waitsSinceStart() as unknown as Row[];
    if (relation === 'latency_histogram') return histogram(storeFor(agent, range), range);
    if (relation === 'blocking_tree') return tree((await rows(agent, 'locks', range)) as unknown as LockRow[]);
    return rows(agent, relation as keyof typeof KINDS, range);
  };
}

/** The last minutes are known finer in memory than in history. */
function storeFor({ feed, store }: Agent, { fromMs }: TimeRange): Store {
  const { oldestMs } = feed.recent;
  return store && (oldestMs === undefined || fromMs < oldestMs) ? store : feed.recent;
}

async function rows(agent: Agent, relation: keyof typeof KINDS, range: TimeRange): Promise<readonly Row[]> {
  const { feed, store: history } = agent;
  const from = { store: storeFor(agent, range), feed, history };
  const answer = await rowsAnswer(KINDS[relation], from, { range, facets: {}, params: new URLSearchParams() });
  if (answer.missing !== null) throw new SqlFailure('55000', `pebble.${relation}: ${answer.missing}`);
  return answer.rows as readonly Row[];
}

async function histogram(store: Store, range: TimeRange): Promise<Row[]> {
  const { samples } = await store.sum({ kind: 'queries', range });
  return samples.flatMap((sample) => bucketsOf(sample));
}

function bucketsOf({ series, histogram: counts }: Sample): Row[] {
  if (!counts) return [];
  const names = ['cluster', 'database', 'user', 'query_id', 'fingerprint'] as const;
  const who = Object.fromEntries(names.map((name) => [name, series[identityAt('queries', name)] ?? null]));
  const bound = (index: number): number => lowerBound(index, counts.scale) / 1000;
  return [...counts.buckets()].map(({ index, count }) => ({
    ...who,
    from_us: bound(index),
    to_us: bound(index + 1),
    count,
  }));
}

/** Each wait that goes on, with the way down to whoever blocks all of it. A ring of waits, a deadlock, ends where it closes. */
function tree(locks: readonly LockRow[]): Row[] {
  const waiting = locks.filter((row) => row.waiting);
  return waiting.map((row) => {
    const path = [row.waiter_pid];
    for (let next: LockRow | undefined = row; next && next.blocker_pid !== null; ) {
      const blocker: number = next.blocker_pid;
      if (path.includes(blocker)) break;
      path.unshift(blocker);
      next = waiting.find(({ cluster, waiter_pid }) => cluster === row.cluster && waiter_pid === blocker);
    }
    return { ...row, depth: path.length - 1, path: path.join(' > ') };
  });
}
