/** Findings from what PostgreSQL says of itself: each on a server that has the trouble, and silence before it has. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findingsOf } from '../../src/aggregate/findings/index.ts';
import type { CatalogFacts } from '../../src/api/index.ts';
import { Catalog } from '../../src/catalog/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { until } from '../cli/pebble.ts';

const SETTINGS = {
  wal_level: 'logical',
  autovacuum: 'off',
  archive_mode: 'on',
  archive_command: 'false',
  synchronous_commit: 'off',
};
/** Transactions, and dead rows: more than the rules call few. */
const AGE = 10_007;
/** Statements with workers. */
const STARVED = 11;

describe('findings from catalogs', () => {
  let cluster: Cluster;
  let admin: Connection;
  let catalog: Catalog;
  let healthy: CatalogFacts;
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded', settings: SETTINGS });
    admin = await Connection.open(cluster);
    await admin.query('CREATE TABLE queue (id int); INSERT INTO queue VALUES (0)');
    catalog = await Catalog.open({
      url: `postgresql://postgres@localhost:${cluster.port}/postgres?host=${cluster.socketDir}`,
    });
    healthy = await catalog.facts();
  });
  after(async () => {
    await catalog?.close();
    await admin?.close();
    await cluster?.stop();
  });

  const said = async (): Promise<ReturnType<typeof findingsOf>> => {
    const now = await catalog.facts();
    return findingsOf({ ...SITUATION, catalog: { now, before: healthy } });
  };
  const SITUATION = { cpus: 2, observedUs: 60e6, queries: [], waits: [], locks: [], earlier: [] };

  /** Statistics arrive within a second, the archiver's after its three tries. */
  async function saidOf(id: string): Promise<string> {
    let found: ReturnType<typeof findingsOf>[number] | undefined;
    await until(
      `${id} is said`,
      async () => {
        found = (await said()).find((finding) => finding.id === id);
        return found !== undefined;
      },
      20_000,
    );
    return [found!.title, ...found!.evidence, found!.advice].join('\n');
  }

  test('a healthy server has none', () => {
    assert.deepEqual(findingsOf({ ...SITUATION, catalog: { now: healthy, before: healthy } }), []);
  });

  test('parallel-starved: workers that plans count on and that may not be started', async () => {
    const plan = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0';
    const session = await Connection.open(cluster);
    await session.query(`${plan}; SET max_parallel_workers_per_gather = 2; SET debug_parallel_query = on`);
    const count = async (): Promise<void> => {
      for (let n = 0; n < STARVED; n++) await session.query('SELECT count(*) FROM queue');
      await session.query('SELECT pg_stat_force_next_flush()');
    };
    await count();
    await until(
      'workers are counted',
      async () => ((await catalog.facts()).parallel_workers?.planned ?? 0) >= STARVED,
      20_000,
    );
    assert.ok(!(await said()).some(({ id }) => id === 'parallel-starved'));
    await session.query('SET max_parallel_workers = 0');
    await count();
    await count();
    assert.match(
      await saidOf('parallel-starved'),
      /^\d+ of \d+ parallel workers .*: (5|6|7)\d%|max_parallel_workers = /,
    );
    await session.close();
    healthy = await catalog.facts();
  });

  test('xmin-held and autovacuum-behind: a slot without a consumer, and what it left behind', async () => {
    await admin.query("SELECT pg_create_physical_replication_slot('nobody', true)");
    await admin.query("SELECT pg_create_logical_replication_slot('forgotten', 'pgoutput')");
    await admin.query(`DO $$ BEGIN FOR n IN 1 .. ${AGE} LOOP UPDATE queue SET id = n; COMMIT; END LOOP; END $$`);
    assert.match(
      await saidOf('xmin-held'),
      /replication slot forgotten, inactive, catalogs only keeps dead rows.*: 10007 transactions/,
    );
    await admin.query(`INSERT INTO queue SELECT generate_series(1, ${AGE})`);
    await admin.query('DELETE FROM queue');
    const behind = await saidOf('autovacuum-behind');
    assert.match(behind, /autovacuum is off: queue in postgres has 1\d{4} dead rows/);
    assert.match(behind, /last vacuumed never/);
    await admin.query("SELECT pg_drop_replication_slot('forgotten')");
    await admin.query('VACUUM queue');
    await until(
      'both are over',
      async () => {
        const ids = (await said()).map(({ id }) => id);
        return !ids.includes('xmin-held') && !ids.includes('autovacuum-behind');
      },
      10_000,
    );
  });

  test('forced-checkpoints', async () => {
    for (let n = 0; n < 3; n++) await admin.query('INSERT INTO queue VALUES (1)').then(() => admin.query('CHECKPOINT'));
    // The checkpointer counts one a moment after it is done.
    const isCounted = async () => (await catalog.facts()).checkpoints.requested - healthy.checkpoints.requested >= 3;
    await until('they are counted', isCounted, 20_000);
    assert.match(
      await saidOf('forced-checkpoints'),
      /forced every .* max_wal_size \(1GB\)[\s\S]*3 requested and 0 timed/,
    );
  });

  test('connection-churn', async () => {
    for (let n = 0; n < 211; n++) await (await Connection.open(cluster)).close();
    healthy = { ...healthy, at: new Date(Date.now() - 20_000).toISOString() };
    assert.match(await saidOf('connection-churn'), /sessions a second begin[\s\S]*21\d sessions in \d+ s/);
  });

  test('archiver-failing', async () => {
    await admin.query('SELECT pg_switch_wal()');
    assert.match(await saidOf('archiver-failing'), /failed \d+ times since .* succeeded 0 times; last it was 0{7}/);
  });
});
