/** Query texts made to hurt whoever shows them: terminal escapes, HTML, NUL-like and invalid bytes, megabytes of text. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, copyFileSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Cluster, findDebianMajors, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { pebble, Running, TemporaryDirectory, UNABLE, until } from '../cli/pebble.ts';
import { assertNoCrash, endWatching, startAgent, startWatching } from './accident.ts';

const ESCAPES = '\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b1m\u202e\u2066';
const HTML = '<img src=x onerror=alert(1)></script><script>alert(2)</script>';
/** What acts on a terminal, or deceives the eye. */
const ACTS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const HUGE_BYTES = 7 << 20;
/** Of databases in other encodings than UTF-8: names that differ in bytes which UTF-8 does not have. */
const TABLES = { latin1: ['straße', 'straÿe'], euc_jp: ['価格', '順位'] } as const;
/** That `load` sends over a connection of its own. */
const STATEMENTS = 7;

describe('hostile query texts', { skip: UNABLE }, () => {
  const folder = new TemporaryDirectory();
  const client = findDebianMajors().at(-1);
  let cluster: Cluster;
  let run: Running | undefined;
  before(async () => {
    // A database without an encoding takes any bytes.
    cluster = await startCluster({ flavour: 'embedded' });
    const connection = await Connection.open(cluster);
    await connection.query("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0");
    for (const encoding of Object.keys(TABLES))
      await connection.query(`CREATE DATABASE ${encoding} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
    await connection.close();
  });
  after(async () => {
    run?.signal('SIGKILL');
    await cluster?.stop();
    folder.remove();
  });

  async function load(): Promise<void> {
    const connection = await Connection.open(cluster);
    await connection.query(`SELECT 1 AS "${ESCAPES}"`);
    await connection.query(`SELECT 1 AS "${HTML}"`);
    await connection.query(`/* ${'x'.repeat(HUGE_BYTES)} */ SELECT 1 AS huge`);
    await connection.query(`SELECT 'secret${'y'.repeat(HUGE_BYTES)}' AS long_literal`);
    await connection.query(`SELECT ${'('.repeat(2000)}1${')'.repeat(2000)} AS nested`);
    await connection.query(`SELECT 1 AS "${'é'.repeat(31)}"; SELECT ${'1,'.repeat(1500)}1`);
    await connection.close();
    if (client !== undefined) sendBytes(client);
  }

  /** Half a character, overlong forms, a lone surrogate, 0xFF: nothing that UTF-8 has. */
  function sendBytes(major: number): void {
    const script = join(folder.path, 'bytes.sql');
    const bytes = Buffer.from([0xc3, 0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xfe, 0x1b, 0x5b, 0x41]);
    writeFileSync(script, Buffer.concat([Buffer.from('SELECT 1 AS "bytes'), bytes, Buffer.from('";\n')]));
    const server = ['-h', cluster.socketDir, '-p', String(cluster.port), '-U', cluster.user, '-d', 'bytes'];
    execFileSync(`/usr/lib/postgresql/${major}/bin/psql`, [...server, '-qXf', script], { stdio: 'pipe' });
  }

  test('JSON: one valid row a line, no control character, no literal', async () => {
    run = await startWatching(cluster);
    await load();
    const objects = await endWatching(run);
    const text = (await run.ended).stdout;
    assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}/u);
    assert.doesNotMatch(text, /secret/);
    const queries = objects.map(({ query }) => query ?? '');
    assert.ok(queries.some((query) => query.includes(HTML.slice(0, 20))));
    // The parser takes no control characters: then no text is shown, but every statement is counted.
    const calls = objects.reduce((sum, row) => sum + row.calls, 0);
    assert.equal(calls, STATEMENTS + (client === undefined ? 0 : 1));
    assert.ok(text.length < 1 << 20, 'what is shown is bounded, whatever was sent');
    assertNoCrash(cluster);
  });

  test('terminal: nothing that acts on it', async () => {
    run = new Running(['queries', '--duration', '30m', '--pgdata', cluster.pgdata]);
    await run.watching();
    await load();
    run.signal('SIGINT');
    const { stdout } = await run.ended;
    assert.match(stdout, /<img src=x/);
    assert.doesNotMatch(stdout.replaceAll('\n', ''), ACTS);
    assert.doesNotMatch(stdout, /secret/);
  });

  test('history and report: as harmless, and no literal on disk', async () => {
    const path = join(folder.path, 'history.db');
    const config = join(folder.path, 'agent.conf');
    writeFileSync(config, `metrics_listen = '127.0.0.1:0'\nsql_listen = '${folder.path}:8433'\n`);
    run = await startAgent(cluster, `sqlite:${path}`, { options: ['--config', config] });
    await run.until('it serves metrics', () => /metrics on port/.test(run!.stdout));
    await load();
    await assertPage(run);
    await assertMetrics(run);
    await assertSql();
    run.signal('SIGTERM');
    const { stderr } = await run.ended;
    assert.doesNotMatch(stderr.replaceAll('\n', ''), ACTS);
    assert.doesNotMatch(stderr, /secret/);
    const report = pebble('report', '--store', `sqlite:${path}`, '--from', '1h', '--top', '1000');
    assert.equal(report.status, 0, report.stderr);
    assert.match(report.stdout, /<img src=x/);
    assert.doesNotMatch(report.stdout.replaceAll('\n', ''), ACTS);
    assert.throws(() => execFileSync('grep', ['-rlaq', 'secret', folder.path], { stdio: 'pipe' }));
  });

  test('databases that are not in UTF-8: no two statements are one, and LATIN1 is readable', async () => {
    run = await startWatching(cluster);
    for (const [database, names] of Object.entries(TABLES)) {
      const connection = await Connection.open({ ...cluster, database });
      for (const [at, name] of names.entries()) {
        await connection.query(`CREATE TABLE ${name} ()`);
        for (let n = 0; n < 11 + 2 * at; n++) await connection.query(`SELECT FROM ${name}`);
      }
      await connection.close();
    }
    const rows = (await endWatching(run)).filter(({ query }) => query?.startsWith('SELECT FROM'));
    for (const database of Object.keys(TABLES)) {
      const calls = rows.filter((row) => row.database === database).map((row) => row.calls);
      assert.deepEqual(calls.sort(), [11, 13], JSON.stringify(rows));
    }
    const readable = rows.find(({ query }) => query === `SELECT FROM ${TABLES.latin1[0]}`);
    assert.equal(readable?.calls, 11);
  });

  test('a false server, whose files are pipes: nobody waits for it', async () => {
    const place = join(folder.path, 'false');
    mkdirSync(join(place, 'global'), { recursive: true });
    copyFileSync('/bin/sh', join(place, 'postgres'));
    const pipes = ['PG_VERSION', 'postmaster.pid', 'global/pg_control'].map((name) => join(place, name));
    execFileSync('mkfifo', ['-m', '666', ...pipes]);
    // Both names of processes are "postgres", and one is the child of the other: as a postmaster looks.
    const script = './postgres -c "echo started; read forever; exit"; exit';
    const server = spawn('./postgres', ['-c', script], { cwd: place, uid: 65534, gid: 65534 });
    try {
      await new Promise((resolve) => server.stdout.once('data', resolve));
      run = await startWatching(cluster);
      const connection = await Connection.open(cluster);
      for (let n = 0; n < 11; n++) await connection.query('SELECT 1 AS beside_a_false_server');
      await connection.close();
      const calls = (await endWatching(run)).map((row) => (/beside_a/.test(row.query ?? '') ? row.calls : 0));
      assert.equal(Math.max(...calls), 11);
    } finally {
      // Whoever waits for one, in this test or beside it, goes on.
      for (const fd of pipes.map((pipe) => openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK))) closeSync(fd);
      server.stdin.end();
      await new Promise((resolve) => server.once('close', resolve));
    }
  });

  /** Lines of Prometheus's text format, and nothing else: a label cannot end one. */
  async function assertMetrics(agent: Running): Promise<void> {
    const port = /metrics on port (\d+)/.exec(agent.stdout)![1];
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(text, /<img src=x/);
    assert.doesNotMatch(text, /secret/);
    for (const line of text.split('\n').filter(Boolean)) {
      assert.match(line, /^# (HELP|TYPE|UNIT|EOF)|^[a-z_]+(\{([a-z_]+="([^"\\]|\\[\\n"])*",?)*\})? [-+0-9.eE]+/);
      assert.doesNotMatch(line, ACTS);
    }
  }

  /** SQL hands texts on as they are kept; no literal is among them. */
  async function assertSql(): Promise<void> {
    if (client === undefined) return;
    const psql = `/usr/lib/postgresql/${client}/bin/psql`;
    const options = ['-XAtq', '-h', folder.path, '-p', '8433', '-U', 'postgres'];
    let text = '';
    // SQL is answered as of a reading that is a second old at most.
    await until('SQL tells the load', () => {
      text = execFileSync(psql, [...options, '-c', 'SELECT query FROM pebble.queries'], { encoding: 'utf8' });
      return /<img src=x/.test(text);
    });
    assert.doesNotMatch(text, /secret/);
    assert.doesNotMatch(text.replaceAll('\n', ''), ACTS);
  }

  /** The page itself holds no query text; the policy forbids scripts that are not its own files. */
  async function assertPage(agent: Running): Promise<void> {
    const link = /http:\S+/.exec(agent.stdout)![0];
    const first = await fetch(link, { redirect: 'manual' });
    const policy = first.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'|script-src 'self'/);
    assert.doesNotMatch(policy, /script-src[^;]*unsafe-inline/);
    assert.equal(first.headers.get('x-content-type-options'), 'nosniff');
  }
});
