/**
 * Fifty thousand distinct statements from a thousand sessions: the sums against pg_stat_statements, and what the kernel
 * keeps of them against the budget: `sudo node bench/scale.ts [SESSIONS [STATEMENTS]]`. A few minutes.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Attribution, QueryRows } from '../src/collect/attribution/index.ts';
import { MEMORY_BUDGET } from '../src/collect/attribution/memory.ts';
import type { Connection } from '../src/postgres/client/index.ts';
import { openSessions } from '../test/accidents/accident.ts';
import { countedStatements, resetStatements, startCounting } from '../test/accuracy/servers.ts';
import { total } from '../test/accuracy/watch.ts';

const SESSIONS = Number(process.argv[2] ?? 1000);
const STATEMENTS = Number(process.argv[3] ?? 50_000);
/** Each statement from two sessions. */
const ROUNDS = 2;
const COLUMNS = (
  'oid relname relnamespace reltype reloftype relowner relam relfilenode reltablespace relpages reltuples relallvisible ' +
  'reltoastrelid relhasindex relisshared relpersistence'
).split(' ');
const SIGNALS = ['executions', 'locks', 'io'] as const;

/** A subset of the columns for each number: no two are the same statement. */
const statement = (n: number): string =>
  `SELECT ${COLUMNS.filter((_, bit) => (n >> bit) & 1).join(', ')} FROM pg_class WHERE false`;

const cluster = await startCounting(
  { flavour: 'embedded', major: 18 },
  { max_connections: String(SESSIONS + 20), 'pg_stat_statements.max': String(STATEMENTS + 5000) },
);
const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: SIGNALS });
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
try {
  const windows = new QueryRows(attribution.read());
  const sessions = await openSessions(cluster, SESSIONS);
  await resetStatements(cluster);
  windows.advance(attribution.read());
  const begin = performance.now();
  for (let round = 0; round < ROUNDS; round++)
    await Promise.all(sessions.map((session, at) => load(session, at + round)));
  const seconds = (performance.now() - begin) / 1000;
  await sleep(200);
  const readBegin = performance.now();
  const totals = attribution.read();
  const rows = windows.advance(totals).filter(({ query }) => !query?.includes('pg_stat_statements'));
  const readMs = performance.now() - readBegin;
  const counted = (await countedStatements(cluster)).filter(({ query }) => query.includes('pg_class'));
  const [theirs, ours] = [total(counted, ({ calls }) => calls), total(rows, ({ calls }) => calls)];
  const calls = new Map(rows.map((row) => [row.query_id, row.calls]));
  const others = rows.find(({ query }) => query === '<others>')?.calls ?? 0;
  const wrong = counted.filter(({ queryId, calls: expected }) => (calls.get(queryId) ?? expected) !== expected);
  console.log(`${sessions.length} sessions, ${ours} calls in ${seconds.toFixed(0)} s`);
  console.log(`pg_stat_statements: ${theirs} calls of ${counted.length} statements`);
  console.log(
    `pebble: ${ours} calls of ${rows.length} rows, ${others} of them among <others>; ${wrong.length} rows differ`,
  );
  console.log(
    `without their text yet: ${rows.filter(({ query }) => query === null).length}; dropped: ${totals.dropped}`,
  );
  console.log(`reading all of it: ${readMs.toFixed(0)} ms`);
  console.log(`in the kernel: ${megabytes(attribution.memoryBytes())} of ${megabytes(MEMORY_BUDGET)}`);
  assert.equal(ours, theirs);
  assert.equal(theirs, ROUNDS * STATEMENTS);
  assert.equal(wrong.length, 0);
  assert.ok(attribution.memoryBytes() <= MEMORY_BUDGET);
  await Promise.all(sessions.map((session) => session.close()));
} finally {
  attribution.close();
  await cluster.stop();
}

async function load(session: Connection, share: number): Promise<void> {
  const each = STATEMENTS / SESSIONS;
  const from = (share % SESSIONS) * each;
  for (let n = from; n < from + each; n++) await session.query(statement(n + 1));
}
