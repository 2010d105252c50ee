/** The catalogs of real servers, asked by a role that has pg_monitor and nothing else. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CatalogFacts } from '../api/index.ts';
import { type Cluster, findDebianMajors, startCluster } from '../cluster/index.ts';
import { Connection } from '../postgres/client/index.ts';
import { Catalog, changesBetween } from './index.ts';

const FLAVOURS = ['embedded' as const, ...(findDebianMajors().length > 0 ? ['debian' as const] : [])];
const SETTINGS = { max_prepared_transactions: '5', autovacuum: 'off', wal_level: 'logical' };

for (const flavour of FLAVOURS) {
  describe(`catalog of ${flavour}`, () => {
    let cluster: Cluster;
    let catalog: Catalog;
    let admin: Connection;
    const backends: number[] = [];
    const url = (user: string): string =>
      `postgresql://${user}@localhost:${cluster.port}/postgres?host=${cluster.socketDir}`;
    before(async () => {
      cluster = await startCluster({ flavour, settings: SETTINGS });
      admin = await Connection.open(cluster);
      for (const sql of [
        'CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher',
        'CREATE TABLE orders (id int PRIMARY KEY, note text)',
        'CREATE SCHEMA "Odd"; CREATE TABLE "Odd"."Table" ()',
        'GRANT SELECT ON orders TO watcher',
        'CREATE DATABASE second',
      ])
        for (const statement of sql.split('; ')) await admin.query(statement);
      catalog = await Catalog.open({ url: url('watcher'), onBackend: (pid) => backends.push(pid) });
    });
    after(async () => {
      await catalog?.close();
      await admin?.close();
      await cluster?.stop();
    });

    test('recognises the cluster, and is seen there under its name, read only', async () => {
      const [control] = await admin.query('SELECT system_identifier FROM pg_control_system()');
      assert.equal(catalog.systemIdentifier, control!.rows[0]![0]);
      await catalog.names();
      const [seen] = await admin.query(
        "SELECT pid, usename FROM pg_stat_activity WHERE application_name = 'pebble' AND usename = 'watcher' ORDER BY pid",
      );
      assert.deepEqual(
        seen!.rows.map(([pid]) => Number(pid)),
        backends.toSorted((a, b) => a - b),
      );
      assert.equal(seen!.rows.length, 3, 'the first connection, and one for each database');
    });

    test('names relations by OID and by file', async () => {
      const [expected] = await admin.query(
        `SELECT c.oid, pg_relation_filenode(c.oid), d.oid FROM pg_class c, pg_database d WHERE relname IN ('orders', 'Table') AND datname = 'postgres' ORDER BY relname`,
      );
      const [table, orders] = expected!.rows;
      const names = (await catalog.names()).get(orders![2]!)!;
      const nameOf = (oid: string | null): string | undefined => names.find((one) => one.oid === oid)?.name;
      assert.equal(nameOf(orders![0]!), 'orders');
      assert.equal(nameOf(table![0]!), '"Odd"."Table"');
      assert.equal(names.find(({ filenode }) => filenode === Number(orders![1]))?.name, 'orders');
    });

    test('whoever holds back the horizon is named: session, prepared transaction, slot', async () => {
      // The slot first: it waits for transactions that run.
      await admin
        .query("SELECT pg_create_logical_replication_slot('stuck', 'test_decoding')")
        .catch((error: unknown) => {
          assert.match(String(error), /test_decoding/, 'only the plugin may be missing');
        });
      await admin.query('BEGIN; INSERT INTO orders VALUES (0); PREPARE TRANSACTION $$forgotten$$');
      const [slots] = await admin.query('SELECT slot_name FROM pg_replication_slots');
      const session = await Connection.open({ ...cluster, applicationName: 'batch' });
      await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
      for (let n = 1; n <= 7; n++) await admin.query(`INSERT INTO orders VALUES (${n})`);
      const { horizon } = await catalog.facts();
      const prepared = horizon.find(({ kind }) => kind === 'prepared transaction');
      const reader = horizon.find(({ application }) => application === 'batch');
      assert.ok(prepared?.name === 'forgotten' && prepared.xmin_age >= 7, JSON.stringify(horizon));
      assert.ok(reader?.kind === 'session' && reader.name === String(session.backendPid) && reader.xmin_age >= 7);
      assert.ok(reader.state === 'idle in transaction' && reader.transaction_us! > 0);
      assert.equal(horizon.filter(({ kind }) => kind === 'replication slot').length, slots!.rows.length);
      await session.close();
      await admin.query('ROLLBACK PREPARED $$forgotten$$');
    });

    test('a table that autovacuum left behind, and its vacuum as an event', async () => {
      await admin.query('INSERT INTO orders SELECT n FROM generate_series(100, 1310) n');
      await admin.query('DELETE FROM orders WHERE id >= 100');
      await admin.query('SELECT pg_stat_force_next_flush()').catch(() => {});
      const behind = await until(catalog, ({ vacuum }) => vacuum.some(({ dead_tuples }) => dead_tuples >= 1211));
      assert.deepEqual(
        behind.vacuum.map(({ database, relation }) => [database, relation]),
        [['postgres', 'orders']],
      );
      await admin.query('VACUUM orders');
      const vacuumed = await until(catalog, ({ vacuum }) => vacuum.some(({ last_vacuum }) => last_vacuum !== null));
      assert.deepEqual(
        changesBetween(behind, vacuumed).map(({ kind, what }) => `${kind}: ${what}`),
        ['vacuum: orders in postgres was vacuumed'],
      );
    });

    test('a changed setting and a restart are events, and the connection comes back', async () => {
      const before = await catalog.facts();
      await cluster.restart({ settings: { work_mem: '7MB' } });
      admin = await Connection.open(cluster);
      const after = await catalog.facts();
      const changes = changesBetween(before, after).map(({ kind, what }) => `${kind}: ${what}`);
      assert.deepEqual(changes, ['restart: PostgreSQL was started', 'setting: work_mem is 7MB now, and was 4MB']);
    });

    test('explains a statement without its values, and executes nothing', async () => {
      const { lines } = await catalog.explain('postgres', 'SELECT note FROM orders WHERE id = $1');
      assert.match(lines.join('\n'), /Index Scan using orders_pkey|Seq Scan on orders/);
      await assert.rejects(catalog.explain('postgres', 'SELECT 1; DROP TABLE orders'), /semicolon/);
      await assert.rejects(catalog.explain('postgres', 'VACUUM orders'), /plans for queries/);
      await assert.rejects(catalog.explain('postgres', 'DELETE FROM orders WHERE id = $1'), /permission denied/);
    });

    test('an error is in words, and has no password', async () => {
      await assert.rejects(
        Catalog.open({
          url: `postgresql://nobody:secret@localhost:${cluster.port}/postgres?host=${cluster.socketDir}`,
        }),
        (error: Error) =>
          /as nobody: role "nobody" does not exist/.test(error.message) && !/secret/.test(error.message),
      );
    });
  });
}

/** Statistics of other sessions arrive within a second. */
async function until(catalog: Catalog, isSo: (facts: CatalogFacts) => boolean): Promise<CatalogFacts> {
  for (let tries = 0; ; tries++) {
    const facts = await catalog.facts();
    if (isSo(facts)) return facts;
    assert.ok(tries < 100, `not within ten seconds: ${JSON.stringify(facts.vacuum)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
