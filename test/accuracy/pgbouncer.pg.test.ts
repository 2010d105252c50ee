/** Clients behind pgbouncer: what is counted, whose names are shown, and the queue, which no server sees. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../src/cluster/index.ts';
import { unprivilegedUser } from '../../src/cluster/user.ts';
import { Attribution, LockRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { TemporaryDirectory } from '../cli/pebble.ts';
import { assertCountedAlike, assertNothingLost } from './check.ts';
import { countedStatements, SERVERS, startCounting, UNABLE, withConnection } from './servers.ts';
import { rowsOf, total, watch } from './watch.ts';

const PGBOUNCER = '/usr/sbin/pgbouncer';
const WITHOUT = UNABLE || (existsSync(PGBOUNCER) ? false : 'pgbouncer is not installed');
const POOL_SIZE = 3;
const CLIENTS = 17;
const CALLS = 29;
const HELD_S = 0.6;

describe('pgbouncer, a transaction at a time', { skip: WITHOUT }, () => {
  const folder = new TemporaryDirectory();
  let cluster: Cluster;
  let pooler: ChildProcess;
  let said = '';
  before(async () => {
    cluster = await startCounting(SERVERS[0]!);
    const user = unprivilegedUser();
    const config = join(folder.path, 'pgbouncer.ini');
    writeFileSync(
      config,
      `[databases]
* = host=${cluster.socketDir} port=${cluster.port} user=${cluster.user}
[pgbouncer]
listen_port = 6432
unix_socket_dir = ${folder.path}
auth_type = any
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
`,
    );
    chownSync(config, user.uid, user.gid);
    pooler = spawn(PGBOUNCER, [config], { uid: user.uid, gid: user.gid, stdio: ['ignore', 'ignore', 'pipe'] });
    pooler.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    while (!said.includes('process up')) {
      assert.equal(pooler.exitCode, null, said);
      await sleep(20);
    }
  });
  after(async () => {
    pooler?.kill();
    await cluster?.stop();
    folder.remove();
  });

  const connect = (applicationName: string, database = cluster.user): Promise<Connection> =>
    Connection.open({ socketDir: folder.path, port: 6432, user: cluster.user, database, applicationName });

  test('every statement of every client is counted on its own, as pg_stat_statements does', async () => {
    const tables = Array.from({ length: CLIENTS }, (_, n) => `pooled_${n}`);
    await withConnection(cluster, (session) =>
      session.query(tables.map((name) => `CREATE TABLE ${name} ();`).join('')),
    );
    const watching = await watch(cluster);
    try {
      const backends = new Set<string>();
      const clients = await Promise.all(tables.map((name) => connect(name)));
      const work = clients.map(async (client, n) => {
        for (let call = 0; call < CALLS; call++) {
          await client.query('BEGIN');
          await client.query(`SELECT FROM ${tables[n]}`);
          const [answer] = await client.query('SELECT pg_backend_pid()');
          backends.add(answer!.rows[0]![0]!);
          await client.query('COMMIT');
        }
        await client.close();
      });
      await Promise.all(work);
      const rows = await watching.rows();
      assert.ok(backends.size <= POOL_SIZE, `${backends.size} backends`);
      for (const name of tables)
        assert.equal(
          total(rowsOf(rows, name), ({ calls }) => calls),
          CALLS,
          name,
        );
      assertNothingLost(rows);
      const counted = await countedStatements(cluster);
      await assertCountedAlike(
        rows,
        counted.filter(({ query }) => /pooled_/.test(query) && !/CREATE/.test(query)),
      );
      // pgbouncer's own: a session that goes to a client with another name is told the name.
      const told = total(rowsOf(rows, 'application_name'), ({ calls }) => calls);
      assert.ok(told > 0 && told <= CLIENTS * CALLS + 1, `${told} times SET application_name`);
    } finally {
      watching.close();
    }
  });

  test('a lock: the pids are of the server, the names are of the clients', async () => {
    await withConnection(cluster, (session) => session.query('CREATE TABLE pooled_lock (n int)'));
    const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['locks'] });
    try {
      const locks = new LockRows(attribution);
      const [holder, waiter] = [await connect('who holds'), await connect('who waits')];
      await holder.query('BEGIN');
      await holder.query('LOCK pooled_lock');
      const waiting = waiter.query('SELECT n FROM pooled_lock');
      await sleep(HELD_S * 1000);
      const [answer] = await withConnection(cluster, (session) =>
        session.query(
          `SELECT pid, (pg_blocking_pids(pid))[1] FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'pooled_lock'`,
        ),
      );
      await holder.query('COMMIT');
      await waiting;
      const [lock] = locks.advance();
      assert.ok(lock);
      assert.deepEqual([lock.waiter_pid, lock.blocker_pid], answer!.rows[0]!.map(Number));
      assert.deepEqual([lock.waiter_application, lock.blocker_application], ['who waits', 'who holds']);
      await Promise.all([holder.close(), waiter.close()]);
    } finally {
      attribution.close();
    }
  });

  test('the time in its queue is no time of the server: SHOW POOLS has it', async () => {
    await withConnection(cluster, (session) => session.query('CREATE TABLE pooled_queue ()'));
    const watching = await watch(cluster);
    try {
      const console_ = await connect('console', 'pgbouncer');
      const clients = await Promise.all(Array.from({ length: POOL_SIZE + 1 }, () => connect('queue')));
      const last = clients.pop()!;
      const holding = clients.map((client) => client.query(`SELECT pg_sleep(${HELD_S})`));
      const begin = performance.now();
      const queued = last.query('SELECT FROM pooled_queue').then(() => performance.now() - begin);
      await sleep((HELD_S * 1000) / 3);
      const [pools] = await console_.query('SHOW POOLS');
      const column = pools!.columns.indexOf('cl_waiting');
      assert.ok(pools!.rows.some((row) => row[column] === '1'));
      await Promise.all(holding);
      const clientMs = await queued;
      const [row] = rowsOf(await watching.rows(), 'pooled_queue');
      assert.equal(row!.calls, 1);
      assert.ok(clientMs > HELD_S * 900, `${clientMs} ms`);
      assert.ok(row!.latency_us.total < HELD_S * 500_000, `${row!.latency_us.total} µs`);
      await Promise.all([console_, last, ...clients].map((client) => client.close()));
    } finally {
      watching.close();
    }
  });
});
