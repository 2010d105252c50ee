/** `pebble locks` and `pebble waits`: chains with a known beginning, as pg_blocking_pids and the server's log say. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { schedstat } from '../accuracy/cpu-time.ts';
import { fallsAsleep } from '../accuracy/watch.ts';
import { assertDocumented, lockRows, waitRows } from './contract.ts';
import { pebble, Running, UNABLE } from './pebble.ts';

/** The clocks of the scheduler's account and of ours, and interrupts, which neither has. */
const ROUNDING_US = 5_000;

/** Microseconds that it was on a CPU or waited for one. */
function awakeUs(pid: number): number {
  const { onCpu, runQueue } = schedstat(pid);
  return onCpu + runQueue;
}

describe('pebble locks, pebble waits', { skip: UNABLE }, () => {
  let cluster: Cluster;
  let observer: Connection;
  before(async () => {
    const settings = { compute_query_id: 'on', max_prepared_transactions: '5' };
    cluster = await startCluster({ flavour: 'embedded', settings });
    observer = await Connection.open(cluster);
    await observer.query('CREATE TABLE stock (id int, amount int); INSERT INTO stock VALUES (1, 7), (2, 9)');
  });
  after(async () => {
    await observer?.close();
    await cluster?.stop();
  });

  const open = (applicationName: string) => Connection.open({ ...cluster, applicationName });
  const untilWaiting = async (pid: number) => {
    for (;;) {
      const [waiting] = await observer.query(`SELECT FROM pg_locks WHERE NOT granted AND pid = ${pid}`);
      if (waiting!.rows.length > 0) return;
      await sleep(10);
    }
  };

  test('a chain: who waits for whom, its root, what they execute; remembered when it is over', async () => {
    const [root, middle, last] = [await open('report'), await open('migration'), await open('shop')];
    const run = new Running(['locks', '--json', '--duration', '10m', '--pgdata', cluster.pgdata]);
    await run.watching();
    await root.query("BEGIN; SELECT 'secret' FROM stock");
    const altering = middle.query('ALTER TABLE stock ADD COLUMN note text');
    await untilWaiting(middle.backendPid);
    const reading = last.query('SELECT amount FROM stock WHERE id = 1');
    await untilWaiting(last.backendPid);
    const waiters = [middle, last].map(({ backendPid }) => backendPid);
    const [awake, held] = [waiters.map(awakeUs), performance.now()];
    await sleep(1_500);
    const heldUs = (performance.now() - held) * 1000;
    await root.query('COMMIT');
    await Promise.all([altering, reading]);
    await Promise.all(waiters.map(fallsAsleep));
    const awakeFor = waiters.map((pid, at) => awakeUs(pid) - awake[at]!);
    run.signal('SIGINT');
    // Between two commits the one in the middle is the root: a row of its own, of the same wait.
    const rows = lockRows((await run.ended).stdout).filter(({ count }) => count > 0);
    assert.equal(rows.length, 2, JSON.stringify(rows));
    const [alter, select] = waiters.map((pid) => rows.find((row) => row.waiter_pid === pid));
    assertDocumented(alter!, 'locks');
    const [relation] = (await observer.query("SELECT 'stock'::regclass::oid"))[0]!.rows[0]!;
    const said = ({
      waiter_pid,
      waiter_application,
      blocker_pid,
      blocker_application,
      blocker_state,
      root_pid,
      ...row
    }: typeof alter & object) => ({
      who: [waiter_pid, waiter_application, blocker_pid, blocker_application, blocker_state, root_pid],
      lock: [row.lock_type, row.relation, row.mode, row.blocker_mode],
      queries: [row.waiter_query, row.blocker_query],
      rest: [row.count, row.waiting, row.coverage, row.inexact, row.database, row.waiter_user],
    });
    assert.deepEqual(said(alter!), {
      who: [middle.backendPid, 'migration', root.backendPid, 'report', 'idle in transaction', root.backendPid],
      lock: ['relation', relation, 'AccessExclusiveLock', 'AccessShareLock'],
      queries: ['ALTER TABLE stock ADD COLUMN note text', 'BEGIN; SELECT $1 FROM stock'],
      rest: [1, false, 'exact', [], 'postgres', 'postgres'],
    });
    assert.deepEqual(said(select!), {
      who: [last.backendPid, 'shop', middle.backendPid, 'migration', 'active', root.backendPid],
      lock: ['relation', relation, 'AccessShareLock', null],
      queries: ['SELECT amount FROM stock WHERE id = $1', 'ALTER TABLE stock ADD COLUMN note text'],
      rest: [1, false, 'exact', [], 'postgres', 'postgres'],
    });
    // Asleep: the deadlock timer wakes it at a second, and a busy machine lets it wait for a CPU then.
    for (const [at, row] of [alter!, select!].entries()) {
      const { wait_us, max_us } = row;
      const seen = `${wait_us} µs asleep, ${max_us} at most, ${awakeFor[at]} awake, of ${heldUs}`;
      assert.ok(wait_us >= 1e6 && wait_us <= max_us && wait_us + awakeFor[at]! >= heldUs - ROUNDING_US, seen);
    }
    const [[id]] = (await observer.query("SELECT query_id FROM pg_stat_activity WHERE application_name = 'shop'"))[0]!
      .rows as [[string]];
    assert.equal(select!.waiter_query_id, id);
    await Promise.all([root, middle, last].map((connection) => connection.close()));
  });

  test('a wait that had begun before, for a prepared transaction, and goes on', async () => {
    const [preparing, waiting] = [await open('two-phase'), await open('shop')];
    await preparing.query("BEGIN; UPDATE stock SET amount = 1 WHERE id = 2; PREPARE TRANSACTION 'order-7'");
    const updating = waiting.query('UPDATE stock SET amount = 2 WHERE id = 2');
    await untilWaiting(waiting.backendPid);
    const { status, stdout } = pebble('locks', '--json', '--duration', '1', '--pgdata', cluster.pgdata);
    assert.equal(status, 0);
    const [row, ...more] = lockRows(stdout);
    assert.deepEqual(more, []);
    const { waiter_pid, blocker_pid, blocker_state, root_pid, lock_type, waiting: isWaiting, count } = row!;
    assert.deepEqual(
      [waiter_pid, blocker_pid, blocker_state, root_pid, lock_type, isWaiting, count],
      [waiting.backendPid, 0, 'prepared transaction', 0, 'transactionid', true, 0],
    );
    assert.ok(row!.wait_us > 0.9e6 && row!.wait_us <= row!.window_us + 1000, JSON.stringify(row));
    assert.ok(row!.max_us > row!.wait_us);
    const table = pebble('locks', '--duration', '500ms', '--pgdata', cluster.pgdata);
    assert.match(table.stdout, /^waited▾ +count +longest +waiter +blocker +lock +mode/m);
    assert.match(table.stdout, /prepared +transactionid \d+ +Share +prepared transaction/);
    await observer.query("ROLLBACK PREPARED 'order-7'");
    await updating;
    await Promise.all([preparing, waiting].map((connection) => connection.close()));
  });

  test('waits: a row a statement and wait event, counted', async () => {
    const run = new Running(['waits', '--json', '--duration', '10m', '--pgdata', cluster.pgdata]);
    await run.watching();
    const session = await open('napper');
    for (let round = 0; round < 13; round++) await session.query('SELECT pg_sleep(0.02)');
    run.signal('SIGINT');
    const rows = waitRows((await run.ended).stdout);
    const naps = rows.filter(({ wait_event }) => wait_event === 'PgSleep');
    assert.equal(naps.length, 1);
    assertDocumented(naps[0]!, 'waits');
    const { count, total_us, max_us, query, backend_type, wait_event_type } = naps[0]!;
    assert.deepEqual(
      [count, query, backend_type, wait_event_type],
      [13, 'SELECT pg_sleep($1)', 'client backend', 'Timeout'],
    );
    assert.ok(total_us >= 13 * 20_000 && total_us < 13 * 100_000 && max_us! >= 20_000 && max_us! < total_us);
    for (const row of rows) assert.equal(row.query === null, row.fingerprint === null, JSON.stringify(row));
    await session.close();
  });

  test('waits, for people: what waits for work is left out', () => {
    const { status, stdout } = pebble('waits', '--duration', '1', '--pgdata', cluster.pgdata);
    assert.equal(status, 0);
    assert.doesNotMatch(stdout, /CheckpointerMain|Activity/);
  });
});
