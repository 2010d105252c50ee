/** The endpoint over given rows: what it answers, what it refuses, and what it survives. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { FILES } from '../../scripts/generate/extension.ts';
import { Connection, frontend, type SqlError } from '../postgres/client/index.ts';
import { RELATIONS, type TimeRange, WireServer } from './index.ts';
import { translate } from './query.ts';
import { statementsOf } from './tokens.ts';

const PORT = 5433;
const ROWS = Array.from({ length: 1009 }, (_, at) => ({
  query_id: String(-at),
  query: at === 7 ? null : `SELECT '${at}'`,
  calls: at,
  latency_us: { total: at * 1500 },
  window_start: '2026-01-31T03:00:00.000Z',
}));

describe('SQL endpoint', () => {
  const directory = mkdtempSync(join(tmpdir(), 'pebble-wire-'));
  const asked: (TimeRange | undefined)[] = [];
  let server: WireServer;
  let session: Connection;
  const open = (): Promise<Connection> => Connection.open({ socketDir: directory, port: PORT, user: 'anyone' });
  before(async () => {
    server = await WireServer.listen({ directory, port: PORT }, async (relation, range) => {
      asked.push(range);
      return relation === 'queries' ? ROWS : [];
    });
    session = await open();
  });
  after(async () => {
    await session.close();
    server.close();
    rmSync(directory, { recursive: true });
  });
  test('its socket is its own from the start, and what lies where it should be stays', async () => {
    const path = join(directory, `.s.PGSQL.${PORT}`);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const listen = (port: number) => WireServer.listen({ directory, port }, async () => []);
    await assert.rejects(listen(PORT), /another server listens at/);
    writeFileSync(join(directory, '.s.PGSQL.1'), 'a file');
    await assert.rejects(listen(1), /is no socket/);
    const far = WireServer.listen({ directory: join(directory, 'x'.repeat(100)), port: PORT }, async () => []);
    await assert.rejects(far, /names of sockets have 107 bytes at most/);
    assert.equal(readFileSync(join(directory, '.s.PGSQL.1'), 'utf8'), 'a file');
    // As a server leaves it that was killed.
    const killed = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
    assert.equal(spawnSync(process.execPath, ['-e', killed, join(directory, '.s.PGSQL.2')]).signal, 'SIGKILL');
    (await listen(2)).close();
  });

  const one = async (sql: string): Promise<readonly (string | null)[]> => (await session.query(sql))[0]!.rows[0]!;

  test('rows as they are, and what SQL makes of them', async () => {
    const [all] = await session.query('SELECT queryid, query, total_time FROM pebble.queries');
    assert.equal(all!.rows.length, 1009);
    assert.deepEqual(all!.rows[7], ['-7', null, '10.5']);
    assert.deepEqual(await one('SELECT count(*), sum(calls) FROM queries WHERE calls > 5::bigint'), ['1003', '508521']);
    assert.deepEqual(await one("SELECT queryid FROM public.queries r1 WHERE ((r1.query ~~ 'SELECT ''9''%'::text))"), [
      '-9',
    ]);
    assert.deepEqual((await session.run('SELECT calls FROM queries WHERE queryid = $1 LIMIT 1::bigint', [-11])).rows, [
      ['11'],
    ]);
  });

  test('an answer that is too large ends the query, and nothing else', async () => {
    await assert.rejects(session.query('SELECT hex(zeroblob(400000000)) FROM queries'), /too big/);
    await assert.rejects(session.query('SELECT hex(zeroblob(4000000)) FROM queries'), /more than 64 MiB/);
    const kept =
      'WITH RECURSIVE r(n, t) AS (SELECT 1, hex(zeroblob(1000000)) UNION SELECT n + 1, hex(zeroblob(1000000)) || n FROM r) SELECT count(t) FROM r';
    await assert.rejects(session.query(kept), /out of memory|statement timeout/);
    assert.deepEqual(await one('SELECT count(*) FROM queries'), ['1009']);
  });

  test('as postgres_fdw asks: a cursor by the extended protocol in a transaction', async () => {
    await session.query('START TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await session.run('DECLARE c1 CURSOR FOR\nSELECT calls, NULL FROM pebble.queries');
    const fetched = await session.query('FETCH 1000 FROM c1');
    const rest = await session.query('FETCH 1000 FROM c1; CLOSE c1; COMMIT TRANSACTION');
    assert.deepEqual([fetched[0]!.rows.length, fetched[0]!.rows[3]], [1000, ['3', null]]);
    assert.deepEqual(
      rest.map(({ tag }) => tag),
      ['FETCH 9', 'CLOSE CURSOR', 'COMMIT'],
    );
  });

  test('a range goes to who knows the past', async () => {
    asked.length = 0;
    const sql = `SELECT calls FROM queries WHERE ((range_from = $1::timestamp with time zone)) AND ((range_to = '2026-01-31 04:00:00.5+00'::timestamp with time zone))`;
    const { rows } = await session.run(sql, ['2026-01-31 03:00:00+00']);
    assert.deepEqual(asked, [
      { fromMs: Date.parse('2026-01-31T03:00:00Z'), toMs: Date.parse('2026-01-31T04:00:00.5Z') },
    ]);
    assert.equal(rows.length, 1009);
    await assert.rejects(session.query("SELECT 1 FROM waits WHERE range_from = '1h'"), /both of its ends/);
  });

  test('all that postgres_fdw asks of every row is answered without SQLite', () => {
    const columns = RELATIONS.get('queries')!
      .columns.map(({ name }) => `"${name}"`)
      .join(', ');
    const where = "WHERE ((range_from = '2026-01-31 03:00:00+00'::timestamp with time zone)) AND ((range_to = 'now'))";
    for (const sql of [`SELECT ${columns} FROM pebble.queries`, `SELECT calls FROM pebble.queries ${where}`])
      assert.ok(translate(statementsOf(sql)[0]!, [], Date.now()).plain, sql);
    const filtered = translate(statementsOf('SELECT calls FROM queries WHERE calls = 1')[0]!, [], 0);
    assert.equal(filtered.plain, undefined);
  });

  test('says what it does not do, and goes on', async () => {
    const state = (sql: string) => (error: SqlError) => error.sqlstate === sql;
    await assert.rejects(session.query('DELETE FROM queries'), state('0A000'));
    await assert.rejects(session.query('SELECT * FROM nothing'), state('42601'));
    await assert.rejects(session.run("SELECT 'open"), state('42601'));
    assert.equal((await session.exchange(frontend.query('BEGIN; SELECT nothing FROM queries'))).transaction, 'failed');
    await assert.rejects(session.query('SELECT 1'), state('25P02'));
    assert.equal((await session.exchange(frontend.query('ROLLBACK'))).transaction, 'idle');
  });

  test('cancel ends a query that takes too long, and nobody else', async () => {
    const other = await open();
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n';
    const canceled = assert.rejects(session.query(endless), (error: SqlError) => error.sqlstate === '57014');
    // While it runs others have their rows: those of one relation need no engine.
    assert.equal((await other.query('SELECT calls FROM queries'))[0]!.rows.length, 1009);
    await Promise.all([session.cancel(), canceled]);
    assert.deepEqual(await one('SELECT 1'), ['1']);
    await other.close();
  });

  test('a hundred sessions, each in a transaction with a cursor', async () => {
    const sessions = await Promise.all(Array.from({ length: 100 }, open));
    const fetched = await Promise.all(
      sessions.map((each) => each.query('BEGIN; DECLARE c CURSOR FOR SELECT calls FROM queries; FETCH 10 FROM c')),
    );
    assert.ok(fetched.every((results) => results[2]!.rows.length === 10));
    assert.equal((await session.query('SELECT calls FROM queries'))[0]!.rows.length, 1009);
    await Promise.all(sessions.map((each) => each.close()));
  });

  test('whatever bytes come, it serves the others', async () => {
    let seed = 20_261;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const startup = frontend.startup({ user: 'x', database: 'x' });
    const sane = [
      frontend.query("SELECT calls FROM queries WHERE range_from = '1h' AND range_to = 'now'"),
      frontend.parse('s', 'DECLARE c CURSOR FOR SELECT $1::text, calls FROM pebble.queries'),
      frontend.bind('p', 's', ['x', null]),
      frontend.describePortal('p'),
      frontend.execute('p', 3),
      frontend.sync(),
      frontend.query('FETCH 5 FROM c'),
    ];
    const mutated = (bytes: Buffer): Buffer => {
      const copy = Buffer.from(bytes);
      for (let n = random(4); n > 0; n--) copy[random(copy.length)] = random(256);
      return copy.subarray(0, random(10) === 0 ? random(copy.length) : copy.length);
    };
    const end = Date.now() + 3000;
    let rounds = 0;
    while (Date.now() < end) {
      rounds++;
      const noise = Buffer.from(Array.from({ length: random(200) }, () => random(256)));
      const head = random(3) === 0 ? [noise] : [startup, ...sane.map(mutated)];
      await new Promise<void>((resolve) => {
        const socket = connect(join(directory, `.s.PGSQL.${PORT}`));
        socket.on('error', () => resolve());
        socket.on('close', () => resolve());
        socket.resume();
        socket.end(Buffer.concat(head));
      });
    }
    assert.ok(rounds > 50, `${rounds} rounds`);
    assert.deepEqual(await one('SELECT count(*) FROM queries'), ['1009']);
  });
});

const PSQL = existsSync('/usr/bin/psql') ? false : 'needs psql (Debian: postgresql-client)';
test('psql with a password over TCP, and without the right one', { skip: PSQL }, async () => {
  const server = await WireServer.listen({ host: '127.0.0.1', port: 0, password: 'sécret' }, async () => ROWS);
  const psql = (password: string) =>
    promisify(execFile)('psql', ['-XAt', '-c', 'SELECT max(calls) FROM pebble.queries'], {
      env: { ...process.env, PGHOST: '127.0.0.1', PGPORT: String(server.port), PGUSER: 'x', PGPASSWORD: password },
    });
  try {
    assert.equal((await psql('sécret')).stdout, '1008\n');
    await assert.rejects(psql('wrong'), /password authentication failed/);
  } finally {
    server.close();
  }
});

test('the extension is what the catalogue says', () => {
  for (const [name, text] of FILES)
    assert.equal(readFileSync(new URL(`../../extension/${name}`, import.meta.url), 'utf8'), text(), name);
});

test('a column that is not marked as newer is one of 1.0, whose script stays as it is', () => {
  const script = readFileSync(new URL('../../extension/pebble--1.0.sql', import.meta.url), 'utf8');
  for (const { name, columns } of RELATIONS.values()) {
    const table = new RegExp(`FOREIGN TABLE pebble.remote_${name} \\(([^)]*)\\)`).exec(script)![1]!;
    const known = columns.filter(({ since }) => since === undefined).map((column) => column.name);
    assert.deepEqual(known, table.match(/(?<=")\w+(?=" )/g));
  }
});
