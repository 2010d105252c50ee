/** `CREATE EXTENSION pebble` in a real PostgreSQL beside a real agent, asked by psql. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { SERVERS } from '../accuracy/servers.ts';
import { pebble, Running, TemporaryDirectory, UNABLE, until } from '../cli/pebble.ts';

const SKIP = UNABLE || (existsSync('/usr/bin/psql') ? false : 'needs psql (Debian: postgresql-client)');
const EXECUTIONS = 173;
const SESSIONS = 100;
const FILES = ['pebble.control', 'pebble--1.0.sql', 'pebble--1.1.sql', 'pebble--1.0--1.1.sql'];
const JOIN = `SELECT q.calls, s.calls FROM pebble.queries q
  JOIN pg_stat_statements s ON s.queryid = q.queryid AND s.dbid = (SELECT oid FROM pg_database WHERE datname = q.database)
  WHERE s.query LIKE '%FROM joined%'`;

for (const { flavour, major } of SERVERS.slice(0, 1)) {
  // Before 14 no process shows the query id of what it executes.
  const hasQueryIds = major >= 14;
  describe(`the extension on ${flavour} ${major}`, { skip: SKIP }, () => {
    const folder = new TemporaryDirectory();
    const sockets = join(folder.path, 'sockets');
    const files = join(folder.path, 'share');
    let cluster: Cluster;
    let agent: Running;

    before(async () => {
      mkdirSync(sockets);
      for (const path of [folder.path, sockets]) chmodSync(path, 0o755);
      cluster = await startCluster({
        flavour,
        major,
        settings: {
          shared_preload_libraries: 'pg_stat_statements',
          max_connections: '150',
          ...(hasQueryIds && { compute_query_id: 'on' }),
          ...(major >= 18 && { extension_control_path: `$system:${files}` }),
        },
      });
      installInto(share());
      psql('CREATE EXTENSION pg_stat_statements');
      agent = await startAgent();
      assertRun('extension', 'create', '--url', conninfo('postgres'), '--address', `${sockets}:8433`);
    });
    after(async () => {
      agent?.signal('SIGTERM');
      await agent?.ended;
      await cluster?.stop();
      folder.remove();
      if (flavour === 'debian') for (const file of FILES) rmSync(join(share(), 'extension', file), { force: true });
    });

    /** Where this server looks for extensions. */
    function share(): string {
      if (major >= 18) return files;
      return flavour === 'debian' ? `/usr/share/postgresql/${major}` : join(cluster.binDir, '../share/postgresql');
    }

    function installInto(directory: string): void {
      assertRun('extension', 'install', '--directory', directory);
      execFileSync('chmod', ['-R', 'a+rX', directory]);
    }
    function assertRun(...args: string[]): void {
      const { status, stderr } = pebble(...args);
      assert.equal(status, 0, stderr);
    }
    async function startAgent(): Promise<Running> {
      const options = ['--pgdata', cluster.pgdata, '--store', 'none', '--listen', '127.0.0.1:0'];
      const running = new Running(['agent', ...options, '--sql-listen', `${sockets}:8433`]);
      await running.until('it serves', () => /token=/.test(running.stdout));
      return running;
    }
    const conninfo = (user: string): string =>
      `host=${cluster.socketDir} port=${cluster.port} user=${user} dbname=postgres`;
    const psql = (sql: string, user = 'postgres'): string =>
      execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', conninfo(user)], {
        input: sql,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'pipe'],
      });

    test('equal calls beside pg_stat_statements, by queryid', async () => {
      psql('CREATE TABLE joined ()');
      psql('SELECT FROM joined;\n'.repeat(EXECUTIONS));
      if (!hasQueryIds) {
        const own = "SELECT sum(calls), count(queryid) FROM pebble.queries WHERE query LIKE 'SELECT FROM joined%'";
        await until('it has counted, without query ids', () => psql(own) === `${EXECUTIONS}|0\n`, 20_000);
        return;
      }
      await until('both have counted', () => psql(JOIN) === `${EXECUTIONS}|${EXECUTIONS}\n`, 20_000);
    });

    test('every relation, now and for a range', async () => {
      const views = psql("SELECT viewname FROM pg_views WHERE schemaname = 'pebble' ORDER BY 1").trim().split('\n');
      assert.equal(views.length, 11);
      await until(
        'there are two readings',
        () => {
          try {
            return psql("SELECT count(*) FROM pebble.io_at(now() - interval '1 minute', now())") !== '';
          } catch {
            return false;
          }
        },
        40_000,
      );
      for (const view of views) {
        try {
          assert.match(psql(`SELECT count(*) FROM pebble.${view}`), /^\d+\n$/);
        } catch (error) {
          // Where a kernel refuses a signal the relation says so, in words.
          assert.match(String(error), /This (kernel|agent)/);
        }
      }
      const past = `SELECT sum(calls) FROM pebble.queries_at(now() - interval '5 minutes', now()) WHERE query LIKE 'SELECT FROM joined%'`;
      assert.equal(psql(past), `${EXECUTIONS}\n`);
      assert.match(psql('SELECT pid, version FROM pebble.agent'), new RegExp(`^${agent.pid}\\|`));
      assert.match(psql('SELECT max(total_time) > 0, min(stats_since) < now() FROM pebble.queries'), /^t\|t/);
    });

    test('for members of pg_monitor, and nobody else', () => {
      psql(
        'CREATE ROLE watcher LOGIN; GRANT pg_monitor TO watcher; CREATE ROLE other LOGIN; CREATE ROLE inside LOGIN; GRANT USAGE ON SCHEMA pebble TO inside',
      );
      const sql =
        "SELECT count(*) > 0 FROM pebble.queries; SELECT count(*) >= 0 FROM pebble.queries_at(now() - interval '1 min', now())";
      assert.equal(psql(sql, 'watcher'), 't\nt\n');
      assert.throws(() => psql(sql, 'other'), /permission denied for schema pebble/);
      assert.throws(() => psql('SELECT * FROM pebble.remote_queries', 'watcher'), /permission denied/);
      // Whoever may look into the schema may still read nothing of it, and watchers not what lies below the views.
      const relations = psql(`SELECT c.relname,
          has_table_privilege('watcher', c.oid, 'SELECT'), has_table_privilege('inside', c.oid, 'SELECT'),
          has_table_privilege('watcher', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        FROM pg_class c WHERE relnamespace = 'pebble'::regnamespace AND relkind IN ('v', 'f') ORDER BY 1`);
      for (const line of relations.trim().split('\n'))
        assert.match(line, line.startsWith('remote_') ? /\|f\|f\|f$/ : /\|t\|f\|f$/, line);
      const functions = psql(`SELECT p.proname, has_function_privilege('watcher', p.oid, 'EXECUTE'),
          has_function_privilege('inside', p.oid, 'EXECUTE'), p.prosecdef, p.proconfig IS NOT NULL
        FROM pg_proc p WHERE pronamespace = 'pebble'::regnamespace ORDER BY 1`);
      for (const line of functions.trim().split('\n'))
        assert.match(line, /_at\|/.test(line) ? /\|t\|f\|t\|t$/ : /\|f\|f\|f\|t$/, line);
      psql('REVOKE USAGE ON SCHEMA pebble FROM inside');
    });

    test('an upgrade from the version before is the same as the new one', () => {
      const shape = `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), c.relacl
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE relnamespace = 'pebble'::regnamespace ORDER BY c.relname, a.attnum;
        SELECT proname, prosrc, proacl FROM pg_proc WHERE pronamespace = 'pebble'::regnamespace ORDER BY 1;
        SELECT extversion FROM pg_extension WHERE extname = 'pebble'`;
      const fresh = psql(shape);
      psql('SELECT pebble.drop_user_mapping(); DROP EXTENSION pebble CASCADE');
      psql("CREATE EXTENSION pebble VERSION '1.0'");
      assert.notEqual(psql(shape), fresh);
      // Creates what is missing, and upgrades what is older.
      assertRun('extension', 'create', '--url', conninfo('postgres'), '--address', `${sockets}:8433`);
      assert.equal(psql(shape), fresh);
      const state =
        'SELECT history_bytes, pending_intervals, bpf_memory_bytes > 0, otlp_endpoint IS NULL FROM pebble.agent';
      assert.equal(psql(state), '0|0|t|t\n');
    });

    test('a hundred sessions at once', async () => {
      const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => Connection.open(cluster)));
      const answers = await Promise.all(
        sessions.map((session) => session.query('SELECT count(*) > 0 FROM pebble.queries')),
      );
      assert.deepEqual(new Set(answers.map(([result]) => result!.rows[0]![0])), new Set(['t']));
      await Promise.all(sessions.map((session) => session.close()));
    });

    test('a sleeper in an open transaction blocks nobody', async () => {
      const sleeper = promisify(execFile)('psql', [
        '-XAtq',
        '-d',
        conninfo('postgres'),
        '-c',
        'BEGIN; SELECT count(*) FROM pebble.queries; SELECT pg_sleep(3); COMMIT',
      ]);
      assert.match(psql('SELECT count(*) FROM pebble.queries'), /^\d+\n$/);
      await sleeper;
    });

    test('without the agent one clear error; with a new one it goes on', async () => {
      agent.signal('SIGTERM');
      await agent.ended;
      assert.throws(() => psql('SELECT * FROM pebble.queries'), /could not connect to server "pebble"/);
      agent = await startAgent();
      assert.match(psql('SELECT count(*) FROM pebble.agent'), /^1\n$/);
    });

    test('drop leaves nothing', () => {
      assertRun('extension', 'drop', '--url', conninfo('postgres'));
      assert.equal(psql('SELECT count(*) FROM pg_user_mappings; SELECT count(*) FROM pg_foreign_server'), '0\n0\n');
    });
  });
}
