/** `pebble server` over a ClickHouse that two hosts have filled: all hosts in one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding, LoadAnswer, QueryRow, RowsAnswer, Status } from '../../src/api/index.ts';
import { openStore } from '../../src/store/index.ts';
import { ClickHouseServer, WITHOUT_CLICKHOUSE } from '../../src/store/testing/clickhouse-server.ts';
import { Generator } from '../../src/store/testing/generate.ts';
import { Running } from './pebble.ts';

test('a server shows all hosts of a store', { skip: WITHOUT_CLICKHOUSE }, async (t) => {
  const clickhouse = await ClickHouseServer.make();
  t.after(() => clickhouse.close());
  const folder = mkdtempSync(join(tmpdir(), 'pebble-spool-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const store = clickhouse.url('fleet');
  const start = Math.floor(Date.now() / 60_000) * 60_000 - 300_000;
  await clickhouse.start();
  for (const host of ['left', 'right']) {
    const agent = await openStore(store, { spool: { folder: join(folder, host), maxBytes: 1e8 } });
    await agent.append(new Generator({ host, queries: host === 'left' ? 7 : 11 }).interval(start));
    assert.equal((await agent.state()).trouble, null);
    await agent.close();
  }
  const server = new Running(['server', '--store', store, '--listen', '127.0.0.1:0']);
  t.after(() => server.signal('SIGTERM'));
  await server.until('it serves', () => /token=/.test(server.stdout));
  const link = server.stdout.trim();
  const cookie = (await fetch(link, { redirect: 'manual' })).headers.get('set-cookie')!.split(';')[0]!;
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(new URL(path, link), { headers: { cookie } });
    assert.equal(answer.status, 200, path);
    return (await answer.json()) as T;
  };
  assert.equal((await ask<Status>('/api/status')).cpus, 0);
  const load = await ask<LoadAnswer>('/api/load?last=10m&by=host');
  assert.deepEqual(load.series.map(({ key }) => key).sort(), ['left', 'right']);
  const rowsOn = async (host: string): Promise<number> => {
    const answer = await ask<RowsAnswer<QueryRow>>(`/api/rows/queries?last=10m&host=${host}`);
    return answer.missing === null ? answer.rows.length : 0;
  };
  assert.deepEqual([await rowsOn('left'), await rowsOn('right')], [7, 11]);
  const findings = await ask<RowsAnswer<Finding>>('/api/rows/findings?last=10m');
  assert.equal(findings.missing, null);
  server.signal('SIGTERM');
  // As a shell tells it of a process that ended by this signal.
  assert.equal((await server.ended).status, 143);
});
