/** More new statements at once than the ring has room for, while nobody reads it: all are counted, their texts come later. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Cluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows } from '../../src/collect/attribution/index.ts';
import { countedStatements, resetStatements, SERVERS, startCounting, UNABLE } from './servers.ts';
import { total, type Watch, watch } from './watch.ts';

const PSQL = '/usr/bin/psql';
const SKIP = UNABLE || (existsSync(PSQL) ? false : 'needs psql (Debian: postgresql-client)');
/** Of those with a long text the ring has room for 870. */
const STATEMENTS = 1511;
const LONG = `'${'long '.repeat(40)}', `;
const COLUMNS =
  'relname relnamespace reltype reloftype relowner relam relfilenode reltablespace relpages reltuples relkind'.split(
    ' ',
  );

/** A subset of the columns for each number: no two are the same statement. */
const statement = (n: number, more: string): string =>
  `SELECT ${more}${COLUMNS.filter((_, bit) => (n >> bit) & 1).join(', ')} FROM pg_class WHERE false;\n`;
const loadOf = (more: string): string => Array.from({ length: STATEMENTS }, (_, n) => statement(n + 1, more)).join('');

describe('a burst of new statements', { skip: SKIP }, () => {
  const server = SERVERS[0]!;
  const hasQueryIds = server.major >= 14;
  let cluster: Cluster;
  let watching: Watch;
  before(async () => {
    cluster = await startCounting(server);
    watching = await watch(cluster);
  });
  after(async () => {
    watching?.close();
    await cluster?.stop();
  });

  /** Until this returns, this process does nothing else. */
  function load(options: string, more = LONG): void {
    const to = ['-h', cluster.socketDir, '-p', String(cluster.port), '-U', cluster.user, 'postgres'];
    execFileSync(PSQL, ['-XAtq', ...to], { input: loadOf(more), env: { ...process.env, PGOPTIONS: options } });
  }

  for (const [title, options] of [
    ['told apart by their texts', hasQueryIds ? '-c compute_query_id=off' : ''],
    ['told apart by query id', '-c compute_query_id=on'],
  ] as const) {
    const byQueryId = options.endsWith('on');
    test(`${title}: none is lost`, { skip: byQueryId && !hasQueryIds && 'this major has none' }, async () => {
      await resetStatements(cluster);
      await watching.rows();
      load(options);
      const rows = await watching.rows();
      assert.equal(rows.length, STATEMENTS);
      assert.equal(
        total(rows, ({ calls }) => calls),
        STATEMENTS,
      );
      assert.deepEqual([rows[0]!.dropped, rows[0]!.coverage], [0, 'exact']);
      const untold = rows.filter(({ query }) => query === null);
      assert.ok(untold.length > 0, 'the ring was full');
      if (byQueryId) {
        const calls = new Map(rows.map((row) => [row.query_id, row.calls]));
        const counted = (await countedStatements(cluster)).filter(({ query }) => query.includes('pg_class'));
        assert.equal(counted.length, STATEMENTS);
        for (const one of counted) assert.equal(calls.get(one.queryId), one.calls, one.query);
      }
      await watching.rows();
      load(options);
      const again = await watching.rows();
      assert.deepEqual([again.length, total(again, ({ calls }) => calls)], [STATEMENTS, STATEMENTS]);
      assert.ok(again.filter(({ query }) => query === null).length < untold.length, 'texts have come');
    });
  }

  test('each of them is among its slowest executions: these leave the room to texts', async () => {
    const attribution = await Attribution.start({ pgdata: [cluster.pgdata], signals: ['executions'] });
    try {
      const windows = new QueryRows(attribution.read());
      load('', '');
      const rows = windows.advance(attribution.read());
      assert.equal(
        total(rows, ({ calls }) => calls),
        STATEMENTS,
      );
      assert.deepEqual(
        rows.filter(({ query }) => query === null),
        [],
      );
    } finally {
      attribution.close();
    }
  });
});
