/** Executions, errors and round trips against a load that knows them and against pg_stat_statements. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { CALLED_FUNCTION, runCounted } from '../../src/workload/index.ts';
import { assertCountedAlike, assertNothingLost, assertTimeIdentity } from './check.ts';
import { pgbench, WITHOUT_PGBENCH } from './pgbench.ts';
import { countedStatements, resetStatements, SERVERS, startCounting, UNABLE } from './servers.ts';
import { rowsOf, total, type Watch, watch } from './watch.ts';

for (const server of SERVERS) {
  describe(`${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    let watching: Watch;
    before(async () => {
      cluster = await startCounting(server);
      watching = await watch(cluster);
    });
    after(async () => {
      watching?.close();
      await cluster.stop();
    });

    test('every way to execute a statement', async () => {
      await watching.rows();
      const report = await runCounted(cluster, 2);
      const rows = await watching.rows();
      assert.equal(
        total(rows, ({ requests }) => requests),
        report.requests,
      );
      for (const { marker, succeeded, failed } of report.statements) {
        const own = rowsOf(rows, marker);
        assert.equal(
          total(own, ({ calls }) => calls),
          succeeded + failed,
          marker,
        );
        assert.equal(
          total(own, ({ errors }) => errors),
          failed,
          marker,
        );
      }
      const { oid, succeeded, failed } = CALLED_FUNCTION;
      const [called] = rows.filter(({ query }) => query === `<call of function ${oid}>`);
      assert.deepEqual([called?.calls, called?.errors], [2 * (succeeded + failed), 2 * failed]);
      assertNothingLost(rows);
      assertTimeIdentity(rows);
      const statements = await countedStatements(cluster);
      const own = statements.filter(({ query }) => /counted\.c_/.test(query) && !/CREATE/.test(query));
      await assertCountedAlike(rows, own);
    });

    for (const mode of ['simple', 'extended', 'prepared']) {
      test(`TPC-B, ${mode} protocol`, { skip: WITHOUT_PGBENCH }, async () => {
        await pgbench(cluster, '-i', '-q');
        await resetStatements(cluster);
        await watching.rows();
        await pgbench(cluster, '-n', '-M', mode, '-c', '5', '-t', '101');
        const rows = await watching.rows();
        const statements = await countedStatements(cluster);
        // pg_stat_statements counts a prepared BEGIN or END once in a session.
        const isControl = ({ query }: { query: string }): boolean => mode === 'prepared' && /^(BEGIN|END)$/.test(query);
        assert.equal(
          statements.filter((one) => one.calls === 505 && !isControl(one)).length,
          mode === 'prepared' ? 5 : 7,
        );
        await assertCountedAlike(rows, statements, isControl);
        for (const control of [/^begin/i, /^(end|commit)/i]) {
          const own = rows.filter(({ query }) => control.test(query!));
          assert.equal(
            total(own, ({ calls }) => calls),
            505,
          );
        }
        assertNothingLost(rows);
        assertTimeIdentity(rows);
      });
    }

    test('select-only', { skip: WITHOUT_PGBENCH }, async () => {
      await resetStatements(cluster);
      await watching.rows();
      await pgbench(cluster, '-n', '-S', '-M', 'prepared', '-c', '5', '-t', '1009');
      const rows = await watching.rows();
      const statements = await countedStatements(cluster);
      assert.deepEqual(
        statements.filter(({ query }) => /^SELECT abalance/.test(query)).map(({ calls }) => calls),
        [5045],
      );
      await assertCountedAlike(rows, statements);
      assertNothingLost(rows);
      assertTimeIdentity(rows);
    });
  });

  describe(`${server.flavour} ${server.major}, as it comes`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(server);
    });
    after(() => cluster.stop());

    test('without query ids, statements are told apart by their texts', async () => {
      const watching = await watch(cluster);
      const report = await runCounted(cluster, 2);
      const rows = await watching.rows();
      watching.close();
      assert.equal(
        total(rows, ({ requests }) => requests),
        report.requests,
      );
      for (const { marker, succeeded, failed } of report.statements) {
        const own = rowsOf(rows, marker);
        assert.deepEqual(
          own.map(({ query_id }) => query_id),
          own.map(() => null),
        );
        assert.ok(new Set(own.map(({ fingerprint }) => fingerprint)).size <= 2, marker);
        const [calls, errors] = [total(own, (row) => row.calls), total(own, (row) => row.errors)];
        assert.deepEqual([calls, errors], [succeeded + failed, failed], marker);
      }
      assertNothingLost(rows);
      assertTimeIdentity(rows);
    });
  });
}

test('several clusters at once keep apart', { skip: UNABLE }, async () => {
  const clusters = await Promise.all(SERVERS.map((server) => startCounting(server)));
  const watching = await watch(...clusters);
  try {
    const reports = await Promise.all(clusters.map((cluster) => runCounted(cluster)));
    const rows = await watching.rows();
    for (const [at, { pgdata }] of clusters.entries()) {
      const own = rows.filter((row) => row.cluster === pgdata);
      assert.equal(
        total(own, ({ requests }) => requests),
        reports[at]!.requests,
      );
      const statements = await countedStatements(clusters[at]!);
      const loaded = statements.filter(({ query }) => /counted\.c_/.test(query) && !/CREATE/.test(query));
      await assertCountedAlike(own, loaded);
    }
  } finally {
    watching.close();
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  }
});
