/** Waits of a known length, while they last and when they are over. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { History } from '../../src/agent/index.ts';
import { Intervals } from '../../src/agent/interval.ts';
import type { QueryRow, WaitRow } from '../../src/api/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import { QueryRows, WaitRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { RecentStore, type TimeRange } from '../../src/store/index.ts';
import { SERVERS, startCounting, UNABLE, withConnection } from './servers.ts';
import { fallsAsleep, total, type Watch, watch } from './watch.ts';

/** µs slept in each window, and blocks of memory that a statement takes then. */
const LONGEST = [
  [300_000, 2048],
  [50_000, 1],
  [150_000, 1],
] as const;

/** Longer than deadlock_timeout, which wakes the waiter once. */
const HELD_MS = 1300;

const of = (rows: readonly WaitRow[], event: string): WaitRow[] =>
  rows.filter(({ wait_event_type, wait_event }) => `${wait_event_type}:${wait_event}` === event);

/** What the server says itself, in µs: "process 1 acquired ShareLock on transaction 2 after 3.456 ms". */
const loggedLockWait = (log: string): number =>
  Number([...log.matchAll(/acquired ShareLock on transaction \d+ after ([\d.]+) ms/g)].at(-1)![1]) * 1000;

/** To the first CPU that this process may use, until it ends. */
function pinned(pid: number): string {
  const allowed = readFileSync('/proc/self/status', 'latin1').match(/^Cpus_allowed_list:\s*(\d+)/m)![1]!;
  execFileSync('taskset', ['-pc', allowed, `${pid}`]);
  return allowed;
}

const within = (actual: number, expected: number, share: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= expected * share, `${what}: ${actual} for ${expected}`);

for (const server of SERVERS) {
  describe(`${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    let watching: Watch;
    let [holder, waiter]: Connection[] = [];
    before(async () => {
      cluster = await startCounting(server, { log_lock_waits: 'on' });
      await withConnection(cluster, (connection) =>
        connection.query('CREATE TABLE held (n int); INSERT INTO held VALUES (0)'),
      );
      watching = await watch(cluster);
      [holder, waiter] = [await Connection.open(cluster), await Connection.open(cluster)];
    });
    after(async () => {
      watching?.close();
      for (const connection of [holder, waiter]) await connection?.close();
      await cluster.stop();
    });

    test('a wait for a lock is one wait, shows while it lasts, and its sum is its length', async () => {
      const first = watching.attribution.read();
      const rows = new WaitRows(first);
      await holder!.query('BEGIN');
      await holder!.query('UPDATE held SET n = 1');
      const waiting = waiter!.query('UPDATE held SET n = 2');
      await sleep(HELD_MS / 2);
      const half = of(rows.advance(watching.attribution.read()), 'Lock:transactionid');
      await sleep(HELD_MS / 2);
      await holder!.query('COMMIT');
      await waiting;
      const elapsed = loggedLockWait(cluster.log());
      const rest = of(rows.advance(watching.attribution.read()), 'Lock:transactionid');
      assert.deepEqual(
        half.map(({ count, query }) => [count, query]),
        [[1, 'UPDATE held SET n = $1']],
      );
      assert.ok(half[0]!.total_us > (HELD_MS / 2) * 800 && half[0]!.total_us < elapsed, `${half[0]!.total_us}`);
      assert.deepEqual(
        rest.map(({ count }) => count),
        [0],
      );
      const now = watching.attribution.read();
      // What the server calls its wait has the time in it that it waited for a CPU, woken by deadlock_timeout: a part of the request's.
      const [request] = new QueryRows(first).advance(now).filter(({ query }) => query === 'UPDATE held SET n = $1');
      const least = elapsed - Math.min(request!.run_queue_us, elapsed / 5);
      const isLogged = (us: number, what: string): void =>
        assert.ok(us >= least * 0.98 && us <= elapsed * 1.02, `${what}: ${us}, logged ${elapsed}, at least ${least}`);
      isLogged(half[0]!.total_us + rest[0]!.total_us, 'the whole wait');
      const [both] = of(new WaitRows(first).advance(now), 'Lock:transactionid');
      assert.equal(both!.count, 1);
      isLogged(both!.max_us!, 'the longest');
    });

    test('a request that runs is there with the time that it has spent', async () => {
      const rows = new QueryRows(watching.attribution.read());
      // A busy machine may take a second to look.
      const SLEPT_US = 2_000_000;
      const begun = performance.now();
      const sleeping = holder!.query(`SELECT pg_sleep(${SLEPT_US / 1e6}), n AS under_way FROM held`);
      await sleep(400);
      const [row] = rows.advance(watching.attribution.read()).filter(({ query }) => query?.includes('under_way'));
      assert.deepEqual([row!.running, row!.requests, row!.calls], [1, 0, 0]);
      const most = (performance.now() - begun) * 1000;
      const { total } = row!.latency_us;
      assert.ok(total > most / 3 && total < most, `so far: ${total} of at most ${most}`);
      within(row!.on_cpu_us + row!.off_cpu_us + row!.run_queue_us, row!.latency_us.total, 0.01, 'spent');
      await sleeping;
      const [rest] = rows.advance(watching.attribution.read()).filter(({ query }) => query?.includes('under_way'));
      assert.deepEqual([rest!.running, rest!.requests, rest!.calls], [0, 1, 1]);
      // It may wait for a CPU at its beginning and its end.
      const elapsed = (performance.now() - begun) * 1000;
      for (const us of [row!.latency_us.total + rest!.latency_us.total, rest!.latency_us.max!])
        assert.ok(us >= SLEPT_US * 0.95 && us <= elapsed, `${us} of ${SLEPT_US}, and at most ${elapsed}`);
    });

    test('a request that ran before anybody watched is there too', async () => {
      await holder!.query('BEGIN');
      await holder!.query('UPDATE held SET n = 1');
      const waiting = waiter!.query('UPDATE held SET n = n + 1');
      await sleep(100);
      const late = await watch(cluster);
      const waits = new WaitRows(late.attribution.read());
      await sleep(100);
      await holder!.query('COMMIT');
      await waiting;
      const [row] = (await late.rows()).filter(({ query }) => query?.startsWith('UPDATE held SET n = n'));
      const [wait] = of(waits.advance(late.attribution.read()), 'Lock:transactionid');
      late.close();
      assert.deepEqual([row?.requests, row?.calls], [1, 1]);
      assert.ok(row!.off_cpu_us > 80_000, `${row!.off_cpu_us}`);
      assert.ok(wait!.total_us > 80_000, `${wait!.total_us}`);
    });

    test('the first statement of a watch that waits while it is parsed is named by its id', async () => {
      await holder!.query('BEGIN; LOCK TABLE held');
      const first = await watch(cluster);
      const waits = new WaitRows(first.attribution.read());
      const waiting = waiter!.query('SELECT n AS parsed_late FROM held');
      await sleep(100);
      await holder!.query('COMMIT');
      await waiting;
      const rows = of(waits.advance(first.attribution.read()), 'Lock:relation');
      first.close();
      assert.deepEqual(
        rows.map(({ count, query, query_id }) => [count, query, query_id !== null]),
        [[1, 'SELECT n AS parsed_late FROM held', server.major >= 14]],
      );
    });

    test('waits are counted as often as they happen', async () => {
      const rows = new WaitRows(watching.attribution.read());
      for (let n = 0; n < 23; n++) await waiter!.query('SELECT pg_sleep(0.003) AS often, n, n FROM held');
      const own = of(rows.advance(watching.attribution.read()), 'Timeout:PgSleep').filter(({ query }) =>
        query?.includes('often'),
      );
      assert.equal(
        total(own, ({ count }) => count),
        23,
      );
    });

    test('the longest of a window is its own, however long those before it were, now and in history', async () => {
      const first = watching.attribution.read();
      const [waits, queries] = [new WaitRows(first), new QueryRows(first)];
      const intervals = new Intervals('here', first);
      const store = new RecentStore({ fineMs: 1 });
      const windows: { range: TimeRange; elapsed: number; wait: WaitRow; query: QueryRow; grown: QueryRow }[] = [];
      let fromMs = first.wallMs;
      for (const [slept, blocks] of LONGEST) {
        const begun = performance.now();
        await waiter!.query(`SELECT pg_sleep(${slept / 1e6}) AS longest, n FROM held`);
        const elapsed = (performance.now() - begun) * 1000;
        await waiter!.query('SELECT pg_sleep(0.001) AS longest, n FROM held');
        await waiter!.query(`SELECT length(string_agg(repeat('x', 8192), '')) FROM generate_series(1, ${blocks})`);
        const now = watching.attribution.read();
        const [wait] = of(waits.advance(now), 'Timeout:PgSleep').filter((row) => row.query?.includes('longest'));
        const rows = queries.advance(now);
        const [query, grown] = ['longest', 'string_agg'].map((word) => rows.find((row) => row.query?.includes(word))!);
        await store.append(intervals.advance(now));
        windows.push({ range: { fromMs, toMs: now.wallMs }, elapsed, wait: wait!, query: query!, grown: grown! });
        fromMs = now.wallMs;
      }
      const history = new History(store);
      const pastOf = async (range: TimeRange): Promise<WaitRow> =>
        (await history.waits(range)).rows.find((row) => row.query?.includes('longest'))!;
      for (const [at, { range, elapsed, wait, query }] of windows.entries()) {
        const past = await pastOf(range);
        const { max } = (await history.queries(range)).rows.find((row) => row.query?.includes('longest'))!.latency_us;
        // It sleeps until its hour: as much less as it took to begin.
        const least = LONGEST[at]![0] - query.on_cpu_us - query.run_queue_us;
        for (const longest of [wait.max_us, query.latency_us.max, past.max_us, max])
          assert.ok(longest! >= least && longest! <= elapsed, `window ${at}: ${longest} of ${elapsed}, least ${least}`);
        assert.deepEqual([wait.inexact, query.inexact.includes('latency_us.max'), past.inexact], [[], false, []]);
      }
      const whole = await pastOf({ fromMs: first.wallMs, toMs: fromMs });
      const longest = Math.max(...windows.map(({ wait }) => wait.max_us!));
      assert.ok(Math.abs(whole.max_us! - longest) < 1 && whole.inexact.length === 0, `${whole.max_us} of ${longest}`);
      const [most, least] = windows.map(({ grown }) => grown.memory_max_bytes!);
      assert.ok(most! - least! > 10e6, `memory: ${most} and ${least}`);
    });

    test('a wait whose sleeps signals end is one wait', async () => {
      const first = watching.attribution.read();
      const rows = new WaitRows(first);
      // Where another wants its CPU, the process is pushed off between being woken and getting its signal.
      const rival = spawn('taskset', ['-c', pinned(waiter!.backendPid), 'sh', '-c', 'while :; do :; done']);
      const waiting = waiter!.query('SELECT pg_sleep(1.5) AS signalled');
      // What the server's processes notify each other with: the process looks what there is, and goes on to sleep.
      for (let n = 0; n < 101; n++) {
        await sleep(5);
        process.kill(waiter!.backendPid, 'SIGUSR1');
      }
      rival.kill();
      await fallsAsleep(waiter!.backendPid);
      const during = of(rows.advance(watching.attribution.read()), 'Timeout:PgSleep');
      await waiting;
      const last = watching.attribution.read();
      const rest = of(rows.advance(last), 'Timeout:PgSleep');
      const [counted, more] = [during, rest].map((some) => total(some, ({ count }) => count));
      assert.deepEqual([counted, more], [1, 0]);
      const slept = total([...during, ...rest], ({ total_us }) => total_us);
      const [request] = new QueryRows(first).advance(last).filter(({ query }) => query?.includes('signalled'));
      within(slept, request!.off_cpu_us, 0.05, 'all of its sleeps');
    });
  });
}
