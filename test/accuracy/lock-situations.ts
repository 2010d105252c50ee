/** Sessions that wait for each other, different ones for each seed: of every kind that pg_blocking_pids tells apart. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';

const MODES = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
];

/** A generator of numbers below `below`, the same ones for the same seed (Park and Miller). */
function randomOf(seed: number): (below: number) => number {
  let state = (seed * 48_271 + 11) % 2_147_483_647;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** What one session does in its transaction, in order; the last of it may wait. */
function scriptOf(random: (below: number) => number, index: number): string[] {
  const table = random(2) === 0 ? 'a' : 'b';
  switch (random(8)) {
    case 0:
      return [`UPDATE ${table} SET n = n + 1`, `PREPARE TRANSACTION 'p${index}'`];
    case 1:
      return [`UPDATE ${table} SET n = n + 1`];
    case 2:
      return [`SELECT pg_advisory_xact_lock${random(2) === 0 ? '_shared' : ''}(7, ${random(2)})`];
    case 3:
      return [`ALTER TABLE ${table} ADD COLUMN c${index} int`];
    case 4:
      // With a parallel worker, which holds the lock in its leader's group.
      return [`SELECT pg_sleep(60) FROM ${table}`];
    default:
      return [`LOCK TABLE ${table} IN ${MODES[random(MODES.length)]} MODE`];
  }
}

/** Begins the sessions of a seed, one after the other: each has got its locks, or waits, when the next one begins. */
export async function sessionsOf(cluster: Cluster, observer: Connection, seed: number): Promise<Connection[]> {
  const random = randomOf(seed);
  const sharers = seed % 5 === 0 ? 10 : 0;
  const scripts = [
    ...Array.from({ length: sharers }, () => ['LOCK TABLE a IN SHARE MODE']),
    ...Array.from({ length: 4 + random(8) }, (_, index) => scriptOf(random, index)),
  ];
  const sessions: Connection[] = [];
  for (const statements of scripts) {
    const session = await Connection.open(cluster);
    sessions.push(session);
    await session.query('BEGIN');
    for (const statement of statements) {
      const done = session.query(statement).catch(() => {});
      await untilSettled(observer, session.backendPid, done);
    }
  }
  return sessions;
}

/** Until the statement is done, waits for a lock, or sleeps. */
export async function untilSettled(observer: Connection, pid: number, done: Promise<unknown>): Promise<void> {
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  for (;;) {
    await sleep(2);
    if (isDone) return;
    const [waiting] = await observer.query(
      `SELECT wait_event_type FROM pg_stat_activity WHERE (pid = ${pid} OR to_jsonb(pg_stat_activity)->>'leader_pid' = '${pid}')
         AND (wait_event_type = 'Lock' OR wait_event = 'PgSleep')`,
    );
    if (waiting!.rows.length > 0) return;
  }
}

/** By waiter, ascending; each blocker once. */
export async function readBlockers(observer: Connection): Promise<Map<number, number[]>> {
  const [result] = await observer.query(
    `SELECT pid, array_to_string(pg_blocking_pids(pid), ',') FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0`,
  );
  const unique = (pids: string): number[] => [...new Set(pids.split(',').map(Number))].sort((a, b) => a - b);
  return new Map(result!.rows.map(([pid, pids]) => [Number(pid), unique(pids!)]));
}

export async function endAll(observer: Connection, sessions: readonly Connection[]): Promise<void> {
  // Those that wait first: whoever got a lock would go on.
  for (const { backendPid } of [...sessions].reverse())
    await observer.query(`SELECT pg_terminate_backend(${backendPid})`);
  await Promise.all(sessions.map((session) => session.close()));
  const [prepared] = await observer.query('SELECT gid FROM pg_prepared_xacts');
  for (const [gid] of prepared!.rows) await observer.query(`ROLLBACK PREPARED '${gid}'`);
  for (;;) {
    const [left] = await observer.query(
      `SELECT FROM pg_stat_activity WHERE pid = ANY('{${sessions.map(({ backendPid }) => backendPid).join()}}')`,
    );
    if (left!.rows.length === 0) return;
    await sleep(5);
  }
}
