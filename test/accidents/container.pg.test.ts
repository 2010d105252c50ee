/** A server in namespaces of its own, as in a container: its pids are others there, and its files have no name outside. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { debianBinaries, embeddedBinaries } from '../../src/cluster/binaries.ts';
import { unprivilegedUser } from '../../src/cluster/user.ts';
import { Attribution, LockRows, QueryRows, WaitRows, windowBetween } from '../../src/collect/attribution/index.ts';
import { Sampled, sampledWaits } from '../../src/collect/sampled/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { listChildren } from '../../src/postgres/discover/index.ts';
import { SERVERS } from '../accuracy/servers.ts';
import { TemporaryDirectory, UNABLE } from '../cli/pebble.ts';

/** The postmaster becomes process 1, as in PostgreSQL's images. $1 folder outside, $2 uid, $3 gid, $4 where PostgreSQL is. */
const CONTAINER = `
  set -e
  as_user="setpriv --reuid $2 --regid $3 --clear-groups"
  mount -t tmpfs -o mode=755 pebble-test /mnt
  mkdir /mnt/postgresql /mnt/data && chown "$2:$3" /mnt/data
  mount --rbind "$4" /mnt/postgresql
  cd /mnt/data
  $as_user /mnt/postgresql/bin/initdb --no-sync -A trust -U postgres -E UTF8 --locale=C -D /mnt/data >&2
  exec $as_user /mnt/postgresql/bin/postgres -D /mnt/data -k "$1/sockets" -c listen_addresses= -c shared_buffers=16MB`;
const PGDATA = '/mnt/data';
const CALLS = 31;
const LOCK_MS = 400;

for (const { flavour, major } of SERVERS.slice(0, 1)) {
  describe(`a container with ${flavour} ${major}`, { skip: UNABLE }, () => {
    const folder = new TemporaryDirectory();
    const server = { socketDir: join(folder.path, 'sockets'), port: 5432, user: 'postgres' };
    let container: ChildProcess;
    let log = '';
    before(async () => {
      const user = unprivilegedUser();
      const { binDir } =
        flavour === 'debian' ? debianBinaries(major) : await embeddedBinaries(major, folder.path, user);
      mkdirSync(server.socketDir, { mode: 0o777 });
      const command = ['sh', '-c', `umask 0; chmod 777 "$1/sockets"; ${CONTAINER}`, 'sh', folder.path];
      const options = ['--pid', '--fork', '--mount', '--mount-proc'];
      container = spawn('unshare', [...options, ...command, String(user.uid), String(user.gid), dirname(binDir)]);
      container.stderr!.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
      await connect().then((session) => session.close());
    });
    after(async () => {
      const ended = new Promise((resolve) => container.once('close', resolve));
      // With process 1 of its namespace all others end.
      for (const pid of listChildren(container.pid!)) process.kill(pid, 'SIGKILL');
      await ended;
      folder.remove();
    });

    async function connect(): Promise<Connection> {
      for (let tries = 0; ; tries++) {
        try {
          return await Connection.open(server);
        } catch (error) {
          if (tries > 600 || container.exitCode !== null) throw new Error(log, { cause: error });
          await sleep(100);
        }
      }
    }

    test('calls, waits, locks and executions, by the pids that the server knows', async () => {
      const attribution = await Attribution.start({ pgdata: PGDATA, signals: ['executions', 'locks'] });
      try {
        const [queries, waits] = [new QueryRows(attribution.read()), new WaitRows(attribution.read())];
        const locks = new LockRows(attribution);
        const first = attribution.read();
        const [holder, waiter] = [await connect(), await connect()];
        await holder.query('CREATE TABLE contained (n int)');
        for (let n = 0; n < CALLS; n++) await holder.query('SELECT FROM contained');
        await holder.query(`BEGIN; LOCK contained`);
        const waiting = waiter.query('SELECT n FROM contained');
        await sleep(LOCK_MS);
        await holder.query('COMMIT');
        await waiting;
        await holder.query("COPY contained TO PROGRAM 'sleep 1'");
        await sleep(200);
        const now = attribution.read();
        const rows = queries.advance(now);
        const calls = rows.filter(({ query }) => query === 'SELECT FROM contained').map((row) => row.calls);
        assert.deepEqual(calls, [CALLS]);
        assert.deepEqual([rows[0]!.coverage, rows[0]!.dropped], ['exact', 0]);
        const [lock] = locks.advance();
        assert.deepEqual([lock!.waiter_pid, lock!.blocker_pid], [waiter.backendPid, holder.backendPid]);
        assert.ok(lock!.wait_us > LOCK_MS * 900, `${lock!.wait_us} µs`);
        const slowest = attribution.takeExecutions(windowBetween(first, now));
        const held = slowest.find(({ query }) => query === 'SELECT n FROM contained');
        assert.equal(held!.pid, waiter.backendPid);
        const copied = waits
          .advance(now)
          .filter(({ query, wait_event }) => query?.startsWith('COPY') && wait_event === 'wait4');
        assert.ok(copied[0]!.total_us > 0.9e6, JSON.stringify(copied));
        await Promise.all([holder.close(), waiter.close()]);
      } finally {
        attribution.close();
      }
    });

    test('samples, without eBPF', async () => {
      const sampled = (await Sampled.start({ pgdata: PGDATA }))!;
      try {
        const session = await connect();
        const first = sampled.read();
        await session.query("COPY contained TO PROGRAM 'sleep 2'");
        const rows = sampledWaits(first, sampled.read()).filter(({ query }) => query?.startsWith('COPY'));
        const asleep = rows.find(({ wait_event }) => wait_event === 'wait4');
        assert.ok(asleep && asleep.total_us > 1e6, JSON.stringify(rows));
        assert.deepEqual([asleep.database, asleep.user], ['postgres', 'postgres']);
        await session.close();
      } finally {
        sampled.close();
      }
    });
  });
}
