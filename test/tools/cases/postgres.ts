/** Tools for PostgreSQL: the known load of each, and what it must find of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../../src/cluster/index.ts';
import { Connection } from '../../../src/postgres/client/index.ts';
import { type Row, sum } from '../harness.ts';

export interface PostgresCase {
  readonly tool: string;
  readonly arguments?: (connection: Connection) => readonly string[];
  /** A build that names what the tool needs. */
  readonly only?: 'embedded';
  /** May give numbers of what else counted the same. */
  readonly load: (connection: Connection, cluster: Cluster) => Promise<unknown>;
  readonly check: (rows: readonly Row[], counted: readonly number[]) => void;
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
  commits: 43,
} as const;

const REPEATED = "SELECT repeat('x', 1000)";

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

/** minflt of /proc/PID/stat, the eighth after the name. */
const minorFaults = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[7]);

const COMMIT = "SELECT pg_logical_emit_message(true, 'pebble', 'x')";

const ONE_COMMIT = "PERFORM pg_logical_emit_message(true, 'pebble', 'x'); COMMIT;";

async function temporaryFiles(connection: Connection): Promise<number> {
  const [result] = await connection.query('SELECT temp_files FROM pg_stat_database WHERE datname = current_database()');
  return Number(result!.rows[0]![0]);
}

/** Makes one commit after the other durable: most of the time it holds the lock WALWrite. */
const COMMITS = `DO $$ BEGIN LOOP ${ONE_COMMIT} END LOOP; END $$`;

/** Another session waits for the lock WALWrite once: its holder is stopped while it makes a commit durable. */
async function waitForWalWrite(waiter: Connection, writer: Connection, monitor: Connection): Promise<void> {
  const event = `SELECT wait_event FROM pg_stat_activity WHERE pid = ${waiter.backendPid}`;
  for (let held = false; !held; ) {
    process.kill(writer.backendPid, 'SIGSTOP');
    let over = false;
    const commit = waiter.query(COMMIT).then(() => {
      over = true;
    });
    let seen: string | null = null;
    // Until it waits for something, or has found the lock free. Neither comes where the holder was stopped with a
    // spinlock: for that nobody waits by name.
    for (const until = Date.now() + 2000; !over && seen === null && Date.now() < until; ) {
      const [waits] = await monitor.query(event);
      seen = waits!.rows[0]![0] ?? null;
      if (seen === 'ClientRead') seen = null;
    }
    held = seen === 'WALWrite';
    if (held) await sleep(600);
    // It was about to get the lock when we looked.
    held &&= !over;
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
    arguments: () => ['--min-ms', '30'],
    load: async (connection) => {
      // Both protocols; then commits, which wait for a disk: so many that they are slow on a quick one.
      await repeat(PRIMES.slow - 3, () => connection.query('SELECT pg_sleep(0.05)'));
      await repeat(3, () => connection.run('SELECT pg_sleep($1::float8)', ['0.05']));
      await repeat(PRIMES.many, () => connection.query('SELECT 1'));
      await connection.query(`DO $$ BEGIN FOR i IN 1..${10 * PRIMES.commits} LOOP ${ONE_COMMIT} END LOOP; END $$`);
    },
    check: (rows) => {
      const slow = about(rows, 'pg_sleep');
      assert.equal(slow.length, PRIMES.slow);
      for (const row of slow) {
        const [us, cpu, io, queue, wait] = ['us', 'cpu_us', 'io_us', 'run_queue_us', 'wait_us'].map((name) =>
          Number(row[name]),
        );
        assert.ok(us! >= 50_000 && wait! >= 45_000 && io! < 5000, JSON.stringify(slow));
        assert.ok(Math.abs(us! - cpu! - io! - queue! - wait!) <= 4, JSON.stringify(row));
      }
      const commits = about(rows, 'DO $1');
      assert.equal(commits.length, 1);
      // Nothing else keeps it asleep for long.
      assert.ok(Number(commits[0]!.io_us) > Number(commits[0]!.wait_us), JSON.stringify(commits));
    },
  },
  {
    tool: 'pgphases',
    load: (connection) => repeat(PRIMES.many, (i) => connection.query(`SELECT ${i}`)),
    check: (rows) => {
      // What differs in constants only is one statement, and they are not shown.
      const texts = rows.map(({ query }) => query).filter((query) => /^SELECT/.test(String(query)));
      assert.deepEqual(texts, ['SELECT $1']);
      for (const what of ['plans', 'runs']) assert.equal(sum(about(rows, 'SELECT '), what), PRIMES.many, what);
    },
  },
  {
    tool: 'pgbuf',
    load: async (connection) => {
      await repeat(PRIMES.blocks, () => connection.query('SELECT count(*) FROM accounts'));
      await connection.query('CREATE TABLE paged AS SELECT i FROM generate_series(1, 20000) i');
      await connection.query('CHECKPOINT');
      const [file] = await connection.query("SELECT relfilenode FROM pg_class WHERE relname = 'paged'");
      // Not pg_relation_size: a table is made longer than it needs to be, and empty blocks are not written.
      const [size] = await connection.query('SELECT count(DISTINCT (ctid::text::point)[0]) FROM paged');
      await connection.query('DROP TABLE paged');
      const [accounts] = await connection.query("SELECT pg_relation_size('accounts') / 8192");
      return [Number(file!.rows[0]![0]), Number(size!.rows[0]![0]), Number(accounts!.rows[0]![0])];
    },
    check: (rows, [filenode, blocks, pages]) => {
      const [row, ...others] = about(rows, 'count(*)');
      assert.deepEqual([row?.requests, others.length], [PRIMES.blocks, 0]);
      assert.ok(Number(row?.hit) + Number(row?.read) >= PRIMES.blocks);
      // Its scans are all that accesses the table.
      const scanned = rows.filter((one) => one.relation === 'accounts' && one.fork === 'main');
      assert.equal(sum(scanned, 'hit') + sum(scanned, 'read'), PRIMES.blocks * pages!, JSON.stringify(scanned));
      const written = rows.filter((one) => one.filenode === filenode && one.fork === 'main');
      // Each block is written once: by the checkpointer, or before it by the bgwriter or for another block's sake.
      assert.equal(sum(written, 'written'), blocks, JSON.stringify(written));
    },
  },
  {
    tool: 'pgwal',
    load: (connection) =>
      repeat(PRIMES.records, (i) => connection.query(`INSERT INTO accounts VALUES (${1000 + i}, 0)`)),
    check: (rows) => {
      const sessions = rows.filter(({ backend_type }) => backend_type === 'client backend');
      for (const manager of ['Heap', 'Transaction']) {
        const own = about(sessions, 'INSERT').filter((row) => row.manager === manager);
        assert.equal(sum(own, 'records'), PRIMES.records, JSON.stringify(own));
      }
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
    load: async (connection) => {
      await connection.query('SET vacuum_cost_delay = 5; SET vacuum_cost_limit = 1');
      await repeat(PRIMES.checkpoints, async () => {
        await connection.query('UPDATE accounts SET n = n');
        await connection.query('VACUUM accounts');
      });
    },
    check: (rows) => {
      const own = rows.filter(({ table }) => table === 'accounts');
      assert.equal(own.length, PRIMES.checkpoints);
      for (const { us, delay_us } of own)
        assert.ok(Number(delay_us) >= 5000 && Number(delay_us) <= Number(us), JSON.stringify(own));
    },
  },
  {
    tool: 'pgtemp',
    load: async (connection) => {
      await connection.query("SET work_mem = '64kB'");
      const before = await temporaryFiles(connection);
      await repeat(PRIMES.temp, () =>
        connection.query('SELECT i FROM generate_series(1, 100000) i ORDER BY i DESC OFFSET 99999'),
      );
      let files = 0;
      // Sessions tell their statistics once a second; each request makes as many as any other.
      while (files === 0 || files % PRIMES.temp !== 0) files = (await temporaryFiles(connection)) - before;
      return [files];
    },
    check: (rows, [files]) => {
      const [row] = about(rows, 'generate_series');
      assert.equal(row?.requests, PRIMES.temp);
      assert.equal(row?.files, files, JSON.stringify(row));
      assert.ok(Number(row?.written_bytes) > PRIMES.temp * 1_000_000, JSON.stringify(row));
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
    load: (connection) => repeat(PRIMES.many, () => connection.query(REPEATED)),
    check: (rows) => {
      const [row] = about(rows, 'SELECT repeat($1, $2)');
      assert.equal(row?.round_trips, PRIMES.many);
      // Query; RowDescription, DataRow, CommandComplete, ReadyForQuery: protocol-message-formats.html.
      assert.equal(row?.received_bytes, PRIMES.many * (5 + REPEATED.length + 1));
      const reply = 7 + 'repeat'.length + 1 + 18 + (7 + 4 + 1000) + (5 + 'SELECT 1'.length + 1) + 6;
      assert.equal(row?.sent_bytes, PRIMES.many * reply);
    },
  },
  {
    tool: 'pgrunq',
    load: (connection) => repeat(PRIMES.many, () => connection.query('SELECT 1 AS run_queue')),
    check: (rows) => assert.equal(sum(about(rows, 'run_queue'), 'requests'), PRIMES.many),
  },
  {
    tool: 'pgmem',
    load: async (connection) => {
      const before = minorFaults(connection.backendPid);
      await repeat(PRIMES.blocks, () => connection.query("SELECT length(repeat('x', 5000000))"));
      return [minorFaults(connection.backendPid) - before];
    },
    check: (rows, [faults]) => {
      const [row] = about(rows, 'length(repeat($1, $2))');
      assert.equal(row?.requests, PRIMES.blocks);
      const found = Number(row?.minor_faults);
      assert.ok(found > PRIMES.blocks * 1000, JSON.stringify(row));
      // Between its requests the process does next to nothing.
      assert.ok(found <= faults! && found >= faults! * 0.98, `${found} of ${faults}`);
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
    load: async (connection) => {
      const begun = performance.now();
      await repeat(PRIMES.slow, () => connection.query('SELECT pg_sleep(0.02)'));
      return [(performance.now() - begun) * 1000];
    },
    check: (rows, [us]) => {
      const slept = rows.filter(({ key }) => (key as readonly string[])[0] === 'PgSleep');
      const found = sum(slept, 'us');
      // Whoever asks for them waits for all of it.
      assert.ok(found >= PRIMES.slow * 19_000 && found <= us!, `${found} of ${us}: ${JSON.stringify(slept)}`);
    },
  },
  {
    tool: 'pgplan',
    only: 'embedded',
    load: async (connection) => {
      const [count] = await connection.query('SELECT count(*) FROM accounts');
      await repeat(PRIMES.slow, () => connection.query('SELECT n FROM accounts ORDER BY n'));
      return [Number(count!.rows[0]![0])];
    },
    check: (rows, [counted]) => {
      const sorted = sum(
        rows.filter(({ node }) => node === 'ExecSort'),
        'rows',
      );
      // Each of the rows, and the end.
      assert.equal(sorted % PRIMES.slow, 0);
      assert.equal(sorted / PRIMES.slow, counted! + 1);
    },
  },
  {
    tool: 'pglwlock',
    // Others want the lock, too: the WAL writer, and the session that is stopped.
    arguments: ({ backendPid }) => ['--pid', String(backendPid)],
    load: waitForWalWrites,
    check: (rows) => {
      const walWrite = rows.filter(({ key }) => key === 'WALWrite');
      // The one who held it was stopped for 600 ms each time; who is woken for nothing waits for the rest by another call.
      const long = atLeast(walWrite, 'usecs', 262_144);
      assert.ok(long >= PRIMES.slow && long <= 2 * PRIMES.slow, JSON.stringify(rows));
    },
  },
];
