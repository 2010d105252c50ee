/** What requests take besides time, against pg_stat_statements, a relay, the server's log, and /proc; errors by SQLSTATE. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRow } from '../../src/api/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { runCounted } from '../../src/workload/index.ts';
import { until } from '../cli/pebble.ts';
import { limitMemory, noMemoryCgroup } from '../tools/loads/memory.ts';
import { resetStatements, SERVERS, startCounting, UNABLE, withConnection } from './servers.ts';
import { rowsOf, total } from './watch.ts';

const SETTINGS = { log_temp_files: '0', max_parallel_workers_per_gather: '0' };

for (const server of SERVERS) {
  describe(`resources, ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    let attribution: Attribution;
    let windows: QueryRows;
    before(async () => {
      cluster = await startCounting(server, SETTINGS);
      attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['resources'] });
      windows = new QueryRows(attribution.read());
    });
    after(async () => {
      attribution?.close();
      await cluster.stop();
    });
    /** Of exactly what `load` does, without what was before. */
    async function during(load: () => Promise<unknown>): Promise<QueryRow[]> {
      await settled();
      await load();
      return settled();
    }
    async function settled(): Promise<QueryRow[]> {
      await sleep(100);
      return windows.advance(attribution.read());
    }

    test('rows are as many as pg_stat_statements counts, also where a buffer cuts the tag', async () => {
      await resetStatements(cluster);
      const rows = await during(async () => {
        await runCounted(cluster);
        await withConnection(cluster, async (connection) => {
          for (let i = 0; i < 61; i++) {
            await connection.query(`SELECT i AS c_tag, repeat('x', ${i}) FROM generate_series(1, 1009) i`);
          }
          await connection.query('CREATE TABLE c_rows (i int)');
          await connection.prepare('insert', 'INSERT INTO c_rows VALUES ($1), ($1)');
          await connection.pipeline(Array.from({ length: 2003 }, (_, i) => ['insert', [i]] as const));
          await connection.copyIn('COPY c_rows FROM STDIN', ['1\n', '2\n', '3\n']);
        });
      });
      const marked = (word: string): number => total(rowsOf(rows, word), (row) => row.rows!);
      assert.equal(marked('c_tag'), 61 * 1009);
      assert.equal(
        total(
          rows.filter(({ query }) => query?.startsWith('COPY c_rows')),
          (row) => row.rows!,
        ),
        3,
      );
      assert.equal(
        total(
          rows.filter(({ query }) => query?.startsWith('INSERT INTO c_rows')),
          (row) => row.rows!,
        ),
        4006,
      );
      for (const { query, counted } of await countedRows(cluster)) {
        const marker = /\bc_\w+\b/.exec(query)![0];
        // Of strings of several statements rows are on the last; before 17 the server counts the last fetch only.
        if (/^c_multi_/.test(marker) || (server.major < 17 && /^c_(suspended|fetched)/.test(marker))) continue;
        assert.equal(marked(marker), counted, query);
      }
    });

    test('errors by SQLSTATE: of statements alone, in strings and in pipelines', async () => {
      const rows = await during(() =>
        withConnection(cluster, async (connection) => {
          await connection.query('CREATE TABLE c_unique (i int PRIMARY KEY)');
          await connection.query('INSERT INTO c_unique VALUES (1)');
          const fails = async (sql: string, times: number): Promise<void> => {
            for (let i = 0; i < times; i++) await assert.rejects(connection.query(sql));
          };
          await fails('SELECT 1 / 0 AS c_divided', 7);
          await fails('INSERT INTO c_unique VALUES (1)', 11);
          await fails('SELECT c_nowhere FROM c_unique', 5);
          await fails("SELECT 2 AS c_first; SELECT 'x'::text::int AS c_second", 3);
          await connection.prepare('good', 'SELECT $1::int AS c_good');
          await connection.prepare('bad', 'SELECT 1 / $1::int AS c_bad');
          for (let i = 0; i < 13; i++)
            await connection
              .pipeline([
                ['good', [1]],
                ['bad', [0]],
                ['good', [1]],
              ])
              .catch(() => {});
        }),
      );
      const states = (word: string) => merged(rowsOf(rows, word));
      assert.deepEqual(states('c_divided'), { 22012: 7 });
      assert.deepEqual(merged(rows.filter(({ query }) => query?.startsWith('INSERT INTO c_unique'))), { 23505: 11 });
      assert.deepEqual(states('c_nowhere'), { 42703: 5 });
      assert.deepEqual(states('c_second'), { '22P02': 3 });
      assert.deepEqual(states('c_bad'), { 22012: 13 });
      assert.deepEqual(states('c_good'), {});
      for (const row of rows) assert.equal(sum(Object.values(row.sqlstates!)), row.errors, row.query ?? '');
    });

    test('bytes of the client’s connection are those that a relay passes on', async () => {
      const relay = await startRelay(cluster);
      const connection = await Connection.open({ host: '127.0.0.1', port: relay.port, user: 'postgres' });
      await relay.reset();
      const rows = await during(async () => {
        for (let i = 0; i < 17; i++) await connection.query("SELECT repeat('sent', 50021) AS c_sent");
        await connection.query(`SELECT length('${'received'.repeat(30011)}') AS c_received`);
        await connection.query('CREATE TABLE IF NOT EXISTS c_copied (t text)');
        await connection.copyIn(
          'COPY c_copied FROM STDIN',
          Array.from({ length: 5003 }, () => `${'copied'.repeat(20)}\n`),
        );
      });
      assert.equal(
        total(rows, (row) => row.received_bytes!),
        relay.toServer(),
      );
      assert.equal(
        total(rows, (row) => row.sent_bytes!),
        relay.toClient(),
      );
      await connection.close();
      await relay.close();
    });

    test('temporary files are as many and as large as the server logs', async () => {
      await withConnection(cluster, (connection) =>
        connection.query(
          'CREATE TABLE c_spill AS SELECT i, md5(i::text) AS t FROM generate_series(1, 60013) i; ANALYZE c_spill',
        ),
      );
      await resetStatements(cluster);
      const [before, bytesBefore] = [cluster.log().length, await temporaryBytes(cluster)];
      const rows = await during(() =>
        withConnection(cluster, async (connection) => {
          await connection.query("SET work_mem = '64kB'");
          for (let i = 0; i < 3; i++)
            await connection.query('SELECT max(t) AS c_sorted FROM (SELECT t FROM c_spill ORDER BY t OFFSET 0) s');
          await connection.query('SELECT count(*) AS c_joined FROM c_spill a JOIN c_spill b USING (t)');
        }),
      );
      const sizes = [
        ...cluster
          .log()
          .slice(before)
          .matchAll(/temporary file: path "[^"]*", size (\d+)/g),
      ].map(([, size]) => Number(size));
      assert.ok(sizes.length > 4, `${sizes.length} files`);
      assert.equal(
        total(rows, (row) => row.temp_files!),
        sizes.length,
      );
      assert.equal(
        total(rows, (row) => row.temp_file_bytes!),
        sum(sizes),
      );
      await until('the sessions have told of their files', async () => {
        return (await temporaryBytes(cluster)) - bytesBefore >= sum(sizes);
      });
      assert.equal((await temporaryBytes(cluster)) - bytesBefore, sum(sizes));
      // Blocks are PostgreSQL's own count, on any file system: a merge writes the same file several times.
      const [counted] = await withConnection(cluster, (connection) =>
        connection.query("SELECT query, temp_blks_written FROM pg_stat_statements WHERE query ~ 'c_sorted|c_joined'"),
      );
      assert.equal(counted!.rows.length, 2);
      for (const [query, blocks] of counted!.rows) {
        const of = rowsOf(rows, /c_\w+/.exec(query!)![0]);
        assert.equal(
          total(of, (row) => row.temp_blks_written),
          Number(blocks),
          query!,
        );
        assert.ok(Number(blocks) * 8192 >= total(of, (row) => row.temp_file_bytes!), query!);
      }
    });

    test('memory: what the largest sort took above what the session had, by the kernel’s own peak', async () => {
      let grown = 0;
      const rows = await during(() =>
        withConnection(cluster, async (connection) => {
          await connection.query("SET work_mem = '200MB'; SET jit = off");
          await connection.query('SELECT count(t) AS c_warm FROM c_spill');
          const before = statusOf(connection, 'VmSize');
          await connection.query('SELECT min(t) AS c_large FROM (SELECT t FROM c_spill ORDER BY t OFFSET 0) s');
          grown = statusOf(connection, 'VmPeak') - before;
        }),
      );
      const [row] = rowsOf(rows, 'c_large');
      assert.ok(grown > 4e6, `${grown}`);
      assert.ok(Math.abs(row!.memory_grown_bytes! - grown) <= 0.02 * grown, `${row!.memory_grown_bytes} of ${grown}`);
      assert.ok(row!.memory_kept_bytes! <= row!.memory_grown_bytes!);
      assert.ok(row!.memory_max_bytes! > grown);
      assert.ok(total(rowsOf(rows, 'c_warm'), ({ memory_grown_bytes }) => memory_grown_bytes!) < grown / 2);
    });

    test('whom the kernel kills for want of memory, and what it executed', { skip: noMemoryCgroup() }, async () => {
      const connection = await Connection.open(cluster);
      await connection.query("SET work_mem = '1GB'");
      const pid = connection.backendPid;
      const release = limitMemory(pid, 48 * 2 ** 20);
      await assert.rejects(
        connection.query(
          'SELECT count(*) AS c_killed FROM (SELECT md5(i::text) FROM generate_series(1, 9000000) i ORDER BY 1) s',
        ),
      );
      await sleep(100);
      release();
      const kills = attribution.takeOomKills();
      assert.deepEqual(
        kills.map((kill) => [kill.pid, kill.isPostmaster]),
        [[pid, false]],
      );
      assert.match(kills[0]!.doer?.identity.query ?? '', /c_killed/);
      assert.ok(kills[0]!.bytes > 40 * 2 ** 20, `${kills[0]!.bytes}`);
    });
  });
}

async function temporaryBytes(cluster: Cluster): Promise<number> {
  const [result] = await withConnection(cluster, (connection) =>
    connection.query('SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()'),
  );
  return Number(result!.rows[0]![0]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function merged(rows: readonly QueryRow[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { sqlstates } of rows) {
    for (const [code, count] of Object.entries(sqlstates!)) all[code] = (all[code] ?? 0) + count;
  }
  return all;
}

const statusOf = ({ backendPid }: Connection, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${backendPid}/status`, 'utf8'))![1]) *
  1024;

async function countedRows(cluster: Cluster): Promise<{ readonly query: string; readonly counted: number }[]> {
  const [result] = await withConnection(cluster, (connection) =>
    connection.query("SELECT query, rows FROM pg_stat_statements WHERE query ~ 'counted\\.c_' AND query !~ 'CREATE'"),
  );
  return result!.rows.map(([query, counted]) => ({ query: query!, counted: Number(counted) }));
}

/** Between a client on TCP and the cluster's socket. */
async function startRelay({ socketDir, port }: Cluster) {
  const count = { toServer: 0, toClient: 0 };
  const relay = createServer((client) => {
    const server = connect(`${socketDir}/.s.PGSQL.${port}`);
    client.on('data', (data) => {
      count.toServer += data.length;
      server.write(data);
    });
    server.on('data', (data) => {
      count.toClient += data.length;
      client.write(data);
    });
    client.on('close', () => server.end());
    server.on('close', () => client.end());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  return {
    port: (relay.address() as { readonly port: number }).port,
    toServer: () => count.toServer,
    toClient: () => count.toClient,
    reset: async () => {
      await sleep(50);
      Object.assign(count, { toServer: 0, toClient: 0 });
    },
    close: () => new Promise<void>((resolve) => relay.close(() => resolve())),
  };
}
