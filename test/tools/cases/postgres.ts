/** Tools for PostgreSQL: the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../../src/cluster/index.ts';
import { Connection } from '../../../src/postgres/client/index.ts';
import { entries, type Row, sum } from '../harness.ts';

export interface PostgresCase {
  readonly tool: string;
  readonly arguments?: readonly string[];
  /** A build that names what the tool needs. */
  readonly only?: 'embedded';
  readonly load: (connection: Connection, cluster: Cluster) => Promise<void>;
  readonly check: (rows: readonly Row[]) => void;
}

const PRIMES = {
  slow: 7,
  many: 211,
  blocks: 13,
  failures: 17,
  connections: 11,
  records: 101,
  temp: 5,
  checkpoints: 3,
} as const;

const repeat = async (count: number, action: (i: number) => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < count; i++) await action(i);
};

const about = (rows: readonly Row[], text: string): Row[] => rows.filter(({ query }) => String(query).includes(text));

async function deadlock(cluster: Cluster): Promise<void> {
  const [one, two] = [await Connection.open(cluster), await Connection.open(cluster)];
  try {
    for (const connection of [one, two]) await connection.query('BEGIN');
    await one.query('UPDATE accounts SET n = n WHERE id = 1');
    await two.query('UPDATE accounts SET n = n WHERE id = 2');
    const first = one.query('UPDATE accounts SET n = n WHERE id = 2').catch((error: unknown) => error);
    const second = two.query('UPDATE accounts SET n = n WHERE id = 1').catch((error: unknown) => error);
    await Promise.all([first, second]);
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}

const COMMIT = "SELECT pg_logical_emit_message(true, 'pebble', 'x')";

/** Makes one commit after the other durable: most of the time it holds the lock WALWrite. */
const COMMITS = `DO $$ BEGIN LOOP PERFORM pg_logical_emit_message(true, 'pebble', 'x'); COMMIT; END LOOP; END $$`;

/** Another session waits for the lock WALWrite once: its holder is stopped while it makes a commit durable. */
async function waitForWalWrite(waiter: Connection, writer: Connection, monitor: Connection): Promise<void> {
  const event = `SELECT wait_event FROM pg_stat_activity WHERE pid = ${waiter.backendPid}`;
  for (let held = false; !held; ) {
    process.kill(writer.backendPid, 'SIGSTOP');
    const commit = waiter.query(COMMIT);
    await sleep(50);
    const [waits] = await monitor.query(event);
    held = waits!.rows[0]![0] === 'WALWrite';
    if (held) await sleep(300);
    process.kill(writer.backendPid, 'SIGCONT');
    await commit;
  }
}

async function waitForWalWrites(waiter: Connection, cluster: Cluster): Promise<void> {
  const [writer, monitor] = [await Connection.open(cluster), await Connection.open(cluster)];
  const writing = writer.query(COMMITS).catch(() => {});
  try {
    await repeat(PRIMES.slow, () => waitForWalWrite(waiter, writer, monitor));
  } finally {
    process.kill(writer.backendPid, 'SIGCONT');
    await writer.cancel();
    await writing;
    await Promise.all([writer.close(), monitor.close()]);
  }
}

/** Of a histogram: what took at least so many microseconds. */
const atLeast = (rows: readonly Row[], map: string, us: number): number =>
  rows.reduce(
    (all, row) =>
      all +
      sum(
        ((row[map] ?? []) as Row[]).filter(({ min }) => Number(min) >= us),
        'count',
      ),
    0,
  );

export const POSTGRES_CASES: readonly PostgresCase[] = [
  {
    tool: 'pgslower',
    arguments: ['--min-ms', '30'],
    load: async (connection) => {
      await repeat(PRIMES.slow, () => connection.query('SELECT pg_sleep(0.05)'));
      await repeat(PRIMES.many, () => connection.query('SELECT 1'));
    },
    check: (rows) => {
      const slow = about(rows, 'pg_sleep');
      assert.equal(slow.length, PRIMES.slow);
      for (const { us, cpu_us, run_queue_us, wait_us } of slow) {
        assert.ok(Number(us) >= 50_000 && Number(wait_us) >= 45_000, JSON.stringify(slow));
        assert.ok(Math.abs(Number(us) - Number(cpu_us) - Number(run_queue_us) - Number(wait_us)) <= 3);
      }
    },
  },
  {
    tool: 'pgphases',
    load: (connection) => repeat(PRIMES.many, (i) => connection.query(`SELECT ${i}`)),
    check: (rows) => {
      for (const phase of ['parse', 'plan', 'execute']) {
        const found = rows.filter(({ key }) => key === phase);
        assert.equal(entries(found, 'ns'), PRIMES.many, phase);
      }
    },
  },
  {
    tool: 'pgbuf',
    load: (connection) => repeat(PRIMES.blocks, () => connection.query('SELECT count(*) FROM accounts')),
    check: (rows) => {
      const [row, ...others] = about(rows, 'count(*)');
      assert.deepEqual([row?.requests, others.length], [PRIMES.blocks, 0]);
      assert.ok(Number(row?.hit) + Number(row?.read) >= PRIMES.blocks);
    },
  },
  {
    tool: 'pgwal',
    load: (connection) =>
      repeat(PRIMES.records, (i) => connection.query(`INSERT INTO accounts VALUES (${1000 + i}, 0)`)),
    check: (rows) => {
      const sessions = rows.filter(({ backend_type }) => backend_type === 'client backend');
      assert.ok(
        sum(
          sessions.filter(({ manager }) => manager === 'Heap'),
          'records',
        ) >= PRIMES.records,
      );
      assert.equal(
        sum(
          sessions.filter(({ manager }) => manager === 'Transaction'),
          'records',
        ),
        PRIMES.records,
      );
      assert.ok(sum(sessions, 'bytes') > PRIMES.records * 50);
    },
  },
  {
    tool: 'pgckpt',
    load: (connection) => repeat(PRIMES.checkpoints, () => connection.query('CHECKPOINT')),
    check: (rows) => assert.equal(rows.length, PRIMES.checkpoints),
  },
  {
    tool: 'pgvacuum',
    load: (connection) => repeat(PRIMES.checkpoints, () => connection.query('VACUUM accounts')),
    check: (rows) => assert.equal(rows.filter(({ table }) => table === 'accounts').length, PRIMES.checkpoints),
  },
  {
    tool: 'pgtemp',
    load: async (connection) => {
      await connection.query("SET work_mem = '64kB'");
      await repeat(PRIMES.temp, () =>
        connection.query('SELECT i FROM generate_series(1, 100000) i ORDER BY i DESC OFFSET 99999'),
      );
    },
    check: (rows) => {
      const [row] = about(rows, 'generate_series');
      assert.equal(row?.requests, PRIMES.temp);
      assert.ok(
        Number(row?.files) >= PRIMES.temp && Number(row?.written_bytes) > PRIMES.temp * 1_000_000,
        JSON.stringify(row),
      );
    },
  },
  {
    tool: 'pgconn',
    load: (_, cluster) => repeat(PRIMES.connections, async () => (await Connection.open(cluster)).close()),
    check: (rows) => {
      assert.equal(rows.length, PRIMES.connections);
      for (const { total_us, start_us, authentication_us, initialisation_us } of rows) {
        const parts = Number(start_us) + Number(authentication_us) + Number(initialisation_us);
        assert.ok(Math.abs(Number(total_us) - parts) <= 3 && Number(total_us) > 0);
      }
    },
  },
  {
    tool: 'pgnet',
    load: (connection) => repeat(PRIMES.many, () => connection.query("SELECT repeat('x', 1000)")),
    check: (rows) => {
      assert.equal(sum(rows, 'round_trips'), PRIMES.many);
      assert.ok(sum(rows, 'sent_bytes') > PRIMES.many * 1000 && sum(rows, 'sent_bytes') < PRIMES.many * 1200);
    },
  },
  {
    tool: 'pgrunq',
    load: (connection) => repeat(PRIMES.many, () => connection.query('SELECT 1 AS run_queue')),
    check: (rows) => assert.equal(sum(about(rows, 'run_queue'), 'requests'), PRIMES.many),
  },
  {
    tool: 'pgmem',
    load: (connection) => repeat(PRIMES.blocks, () => connection.query("SELECT length(repeat('x', 5000000))")),
    check: (rows) => {
      const [row] = about(rows, '5000000');
      assert.equal(row?.requests, PRIMES.blocks);
      assert.ok(Number(row?.minor_faults) > PRIMES.blocks * 1000, JSON.stringify(row));
    },
  },
  {
    tool: 'pgerrors',
    load: (connection) => repeat(PRIMES.failures, () => connection.query('SELECT 1/0').catch(() => {})),
    check: (rows) =>
      assert.equal(
        sum(
          rows.filter(({ sqlstate }) => sqlstate === '22012'),
          'errors',
        ),
        PRIMES.failures,
      ),
  },
  {
    tool: 'pgdeadlock',
    load: (_, cluster) => repeat(PRIMES.checkpoints, () => deadlock(cluster)),
    check: (rows) => {
      assert.equal(rows.length, PRIMES.checkpoints);
      for (const { query } of rows) assert.match(String(query), /^UPDATE accounts/);
    },
  },
  {
    tool: 'pgoffcpu',
    load: (connection) => repeat(PRIMES.slow, () => connection.query('SELECT pg_sleep(0.02)')),
    check: (rows) => {
      const slept = rows.filter(({ key }) => (key as readonly string[])[0] === 'PgSleep');
      assert.ok(sum(slept, 'us') >= PRIMES.slow * 19_000, JSON.stringify(slept));
    },
  },
  {
    tool: 'pgplan',
    only: 'embedded',
    load: (connection) => repeat(PRIMES.slow, () => connection.query('SELECT n FROM accounts ORDER BY n')),
    check: (rows) => {
      const sorted = sum(
        rows.filter(({ node }) => node === 'ExecSort'),
        'rows',
      );
      // Each of the rows, and the end.
      assert.ok(sorted >= PRIMES.slow * 501, String(sorted));
    },
  },
  {
    tool: 'pglwlock',
    load: waitForWalWrites,
    check: (rows) => {
      const walWrite = rows.filter(({ key }) => key === 'WALWrite');
      // Each was stopped for 350 ms; others wait for a sync, or were given up after 50 ms.
      assert.equal(atLeast(walWrite, 'usecs', 262_144), PRIMES.slow, JSON.stringify(rows));
    },
  },
];
