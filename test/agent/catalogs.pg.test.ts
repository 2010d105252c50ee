/** An agent with an SQL connection: names, events and plans, and nothing of its own questions in any figure. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Agent, loadConfiguration, report } from '../../src/agent/index.ts';
import type { CatalogAnswer, CatalogEvent, LockRow, PlanAnswer, QueryRow, RowsAnswer } from '../../src/api/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { LiveServer } from '../../src/server/index.ts';
import { TemporaryDirectory, UNABLE, until } from '../cli/pebble.ts';
import { signIn } from '../dashboard/live.ts';

describe('SQL connections of the agent', { skip: UNABLE }, () => {
  const folder = new TemporaryDirectory();
  const troubles: string[] = [];
  let cluster: Cluster;
  let admin: Connection;
  let agent: Agent;
  let server: LiveServer;
  let page: { readonly origin: string; readonly cookie: string };
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded', settings: { compute_query_id: 'on' } });
    admin = await Connection.open({ ...cluster, applicationName: 'test' });
    await admin.query('CREATE ROLE watcher LOGIN; GRANT pg_monitor, pg_read_all_data TO watcher');
    await admin.query('CREATE TABLE parcels (id int PRIMARY KEY); INSERT INTO parcels VALUES (1)');
    agent = await Agent.start(configurationOf(cluster), (error) => troubles.push(String(error)));
    server = await LiveServer.listen({ feed: agent.feed, history: agent.store! });
    page = { origin: new URL(server.link).origin, cookie: await signIn(server.link) };
    await until('the cluster is recognised', async () => (await connection()).facts !== null, 20_000);
  });
  after(async () => {
    server?.close();
    await agent?.close();
    await admin?.close();
    await cluster?.stop();
    folder.remove();
  });

  function configurationOf({ pgdata, port, socketDir }: Cluster) {
    const file = join(folder.path, 'agent.conf');
    const url = `postgresql://watcher@localhost:${port}/postgres?host=${socketDir}`;
    writeFileSync(file, `flush_interval = 1s\nconnect = '${url}'\n`);
    return loadConfiguration(file, { pgdata, store: `sqlite:${join(folder.path, 'history.db')}` });
  }

  async function get<T>(path: string): Promise<T> {
    const response = await fetch(new URL(path, page.origin), { headers: { cookie: page.cookie } });
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as T;
  }
  const connection = async () => (await get<CatalogAnswer>('/api/catalog')).connections[0]!;
  async function rows<Row>(kind: string): Promise<readonly Row[]> {
    const answer = await get<RowsAnswer<Row>>(`/api/rows/${kind}?last=10m`);
    assert.ok(answer.missing === null, String(answer.missing));
    return answer.rows;
  }

  test('tells the facts of its cluster', async () => {
    const { cluster: pgdata, trouble, facts } = await connection();
    assert.equal(pgdata, cluster.pgdata);
    assert.equal(trouble, null);
    assert.equal(facts?.role, 'primary');
    assert.equal(facts?.settings.compute_query_id, 'on');
  });

  test('lock waits have the name of the table', async () => {
    const holder = await Connection.open(cluster);
    await holder.query('BEGIN; LOCK TABLE parcels');
    const waiting = admin.query('SELECT * FROM parcels');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await holder.query('COMMIT');
    await waiting;
    await holder.close();
    let row: LockRow | undefined;
    await until('the wait is told', async () => {
      row = (await rows<LockRow>('locks')).find(({ lock_type }) => lock_type === 'relation');
      return row !== undefined;
    });
    assert.equal(row!.relation_name, 'parcels');
  });

  test('what it asks itself is in no figure', async () => {
    for (let n = 0; n < 17; n++) await admin.query('SELECT FROM pg_stat_archiver');
    let found: readonly QueryRow[] = [];
    const loadOf = (): QueryRow | undefined => found.find(({ query }) => query === 'SELECT FROM pg_stat_archiver');
    await until('all of our own load is counted', async () => {
      found = await rows<QueryRow>('queries');
      return (loadOf()?.calls ?? 0) >= 17;
    });
    assert.equal(loadOf()!.calls, 17);
    assert.deepEqual([...new Set(found.map(({ user }) => user))], ['postgres']);
  });

  test('changes of the schema are events', async () => {
    await admin.query('ALTER TABLE parcels ADD COLUMN weight int');
    let events: readonly CatalogEvent[] = [];
    await until('it is told', async () => {
      events = await rows<CatalogEvent>('events');
      return events.length > 0;
    });
    const what = 'ALTER TABLE parcels ADD COLUMN weight int, in postgres';
    assert.ok(
      events.some((event) => event.kind === 'ddl' && event.what === what),
      JSON.stringify(events),
    );
    const range = { fromMs: Date.now() - 600_000, toMs: Date.now() + 60_000 };
    const reported = (await report(agent.store!, { range, top: 100 })).filter((row) => row.kind === 'event');
    assert.ok(
      reported.some((row) => row.event === 'ddl' && row.what === what),
      JSON.stringify(reported),
    );
  });

  test('explains a statement that was seen', async () => {
    await admin.run('SELECT weight FROM parcels WHERE id = $1', [1]);
    let row: QueryRow | undefined;
    await until('it is seen', async () => {
      row = (await rows<QueryRow>('queries')).find(({ query }) => query?.startsWith('SELECT weight'));
      return row !== undefined;
    });
    const body = JSON.stringify({ cluster: cluster.pgdata, database: 'postgres', fingerprint: row!.fingerprint });
    const headers = { cookie: page.cookie, origin: page.origin, 'content-type': 'application/json' };
    const response = await fetch(new URL('/api/explain', page.origin), { method: 'POST', headers, body });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    assert.match((JSON.parse(text) as PlanAnswer).lines.join('\n'), /Scan.* on parcels/);
    assert.deepEqual(troubles, []);
  });
});
