/**
 * Sessions that are encrypted: the protocol cannot be read, so a round trip in which the server's status has shown a
 * statement counts as one execution of it. That is exact for one statement a round trip. It is too much by each Parse that
 * has a round trip of its own, too little by what else comes in one string or pipeline; errors show in transaction blocks only.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Cluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { runCounted } from '../../src/workload/index.ts';
import { assertTimeIdentity, statementRows } from './check.ts';
import { pgbench, WITHOUT_PGBENCH } from './pgbench.ts';
import { countedStatements, resetStatements, SERVERS, startCounting, UNABLE, withConnection } from './servers.ts';
import { enableTls, openTlsWay } from './tls.ts';
import { rowsOf, total, type Watch, watch } from './watch.ts';

const SKIP = UNABLE || (existsSync('/usr/bin/openssl') ? false : 'needs openssl');
const SESSIONS = 5;
const TRANSACTIONS = 101;
/** Of the load that knows its counts: one statement a round trip, and no Parse in one of its own. */
const EXACT = [
  'simple',
  'simple_insert',
  'extended',
  'suspended',
  'transaction',
  'canceled',
  'copy_out',
  'mapped_insert',
];

for (const server of SERVERS.slice(0, 1)) {
  describe(`TLS, ${server.flavour} ${server.major}`, { skip: SKIP }, () => {
    let cluster: Cluster;
    let watching: Watch;
    before(async () => {
      cluster = await startCounting(server);
      await enableTls(cluster);
      watching = await watch(cluster);
    });
    after(async () => {
      watching?.close();
      await cluster?.stop();
    });

    test('every way to execute a statement', async () => {
      using way = await openTlsWay(cluster);
      await watching.rows();
      const report = await runCounted(way.target, 2);
      const rows = await watching.rows();
      for (const { marker, succeeded, failed } of report.statements) {
        const own = rowsOf(rows, marker);
        const calls = total(own, (row) => row.calls);
        if (EXACT.includes(marker.slice('c_'.length))) assert.equal(calls, succeeded + failed, marker);
        assert.ok(
          own.every(({ inexact }) => inexact.includes('calls') && inexact.includes('errors')),
          marker,
        );
      }
      const [apart, executed] = ['c_parsed_apart', 'c_pipeline'].map(
        (marker) => report.statements.find((one) => one.marker === marker)!,
      );
      assert.equal(
        total(rowsOf(rows, apart!.marker), ({ calls }) => calls),
        2 * apart!.succeeded,
        'a Parse in a round trip of its own counts, too',
      );
      assert.ok(
        total(rowsOf(rows, executed!.marker), ({ calls }) => calls) < executed!.succeeded,
        'a pipeline counts once',
      );
      const inBlock = report.statements.find(({ marker }) => marker === 'c_mapped_failing')!;
      assert.equal(
        total(rowsOf(rows, inBlock.marker), ({ errors }) => errors),
        inBlock.failed,
      );
      const failed = rowsOf(rows, inBlock.marker).map(({ sqlstates }) => sqlstates);
      assert.deepEqual(failed, [{ unknown: inBlock.failed }]);
      for (const { query, rows: counted, sent_bytes } of rowsOf(rows, 'c_simple')) {
        assert.equal(counted, null, `${query}: what is encrypted is not counted`);
        assert.ok(sent_bytes! > 0);
      }
      assertTimeIdentity(rows);
    });

    test('an application has its requests, though nothing is seen of how it is named', async () => {
      using way = await openTlsWay(cluster);
      const connection = await Connection.open({ ...way.target, applicationName: 'before' });
      for (let turn = 0; turn < 13; turn++) await connection.query('SELECT 1');
      await connection.query("SET application_name = 'behind'");
      for (let turn = 0; turn < 7; turn++) await connection.query('SELECT 1');
      await watching.rows();
      const own = [...watching.attribution.read().clients.values()];
      const requestsOf = (name: string): number[][] =>
        own.flatMap(({ application, client, counters }) =>
          application === name && client === '127.0.0.1' ? [[...counters.slice(0, 1)]] : [],
        );
      assert.deepEqual([requestsOf('before'), requestsOf('behind')], [[[13]], [[8]]]);
      await connection.close();
    });

    for (const mode of ['simple', 'extended', 'prepared']) {
      test(`TPC-B, ${mode} protocol`, { skip: WITHOUT_PGBENCH }, async () => {
        await pgbench(cluster, '-i', '-q');
        await resetStatements(cluster);
        await watching.rows();
        // Over TCP libpq asks for TLS first.
        await pgbench(
          { ...cluster, socketDir: '127.0.0.1' },
          '-n',
          '-M',
          mode,
          '-c',
          String(SESSIONS),
          '-t',
          String(TRANSACTIONS),
        );
        const rows = await watching.rows();
        const own = await statementRows(rows);
        const statements = (await countedStatements(cluster)).filter(({ calls }) => calls === SESSIONS * TRANSACTIONS);
        assert.ok(statements.length >= 5);
        for (const statement of statements) {
          // pg_stat_statements counts a prepared BEGIN or END once in a session.
          const calls = total(own(statement), (row) => row.calls);
          const parsed = mode === 'prepared' ? SESSIONS : 0;
          assert.equal(calls, statement.calls + parsed, statement.query);
        }
        assert.ok(rows.some(({ inexact }) => inexact.includes('calls')));
        assertTimeIdentity(rows);
      });
    }

    test('the sessions were encrypted', async () => {
      using way = await openTlsWay(cluster);
      const [result] = await withConnection({ ...cluster, ...way.target }, (connection) =>
        connection.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()'),
      );
      assert.equal(result!.rows[0]![0], 't');
      assert.match(result!.rows[0]![1]!, /^TLSv1\.[23]$/);
    });
  });
}
