/** `pg.*` and `pg:` against what PostgreSQL says of itself, and against a load that knows its counts. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVERS, UNABLE, withConnection } from '../../../test/accuracy/servers.ts';
import { pebble, Running } from '../../../test/cli/pebble.ts';
import { type Cluster, startCluster } from '../../cluster/index.ts';
import { compile, formatDiagnostics } from '../../lang/index.ts';
import { machineHost, Output, runScript, Sink } from '../../tracer/index.ts';
import { runCounted } from '../../workload/index.ts';
import { Connection } from '../client/index.ts';
import { postgresTarget } from './index.ts';

interface MapLine {
  readonly type: string;
  readonly data: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Runs the script while `load` runs; what its maps hold then, by name and key. */
async function mapsOf(script: string, load: () => Promise<unknown>, ...options: string[]) {
  const running = new Running(['trace', '-f', 'json', ...options, '-e', script]);
  await running.until('it is attached', () => running.stdout.includes('attached_probes'));
  await load();
  running.signal('SIGINT');
  const { stdout, stderr } = await running.ended;
  const lines = stdout.split('\n').filter(Boolean);
  const maps = lines.map((line) => JSON.parse(line) as MapLine).filter(({ type }) => type === 'map');
  return { maps: Object.assign({}, ...maps.map(({ data }) => data)) as MapLine['data'], stderr };
}

describe('pg in the tracing language', { skip: UNABLE }, () => {
  const clusters: Cluster[] = [];
  before(async () => {
    for (const server of SERVERS) {
      clusters.push(await startCluster({ ...server, settings: { compute_query_id: 'on' } }));
    }
  });
  after(async () => {
    for (const cluster of clusters) await cluster.stop();
  });

  test('every request of several clusters is done once, whatever the protocol', async () => {
    const requests = new Map<string, number>();
    const { maps, stderr } = await mapsOf(
      'pg:query_done { @done[pg.port] = count(); } pg:query_start { @started[pg.port] = count(); }',
      async () => {
        for (const cluster of clusters) requests.set(String(cluster.port), (await runCounted(cluster, 2)).requests);
      },
      ...clusters.flatMap(({ pgdata }) => ['--pgdata', pgdata]),
    );
    assert.deepEqual(maps['@done'], Object.fromEntries(requests));
    for (const [port, count] of requests) {
      // 53 and 11 requests of each session's pipelines are in the session's buffer when the one before them is done.
      const started = maps['@started']![port]!;
      assert.ok(started <= count && started >= count - 2 * (53 + 11), `${started} of ${count}`);
    }
    assert.match(stderr, /pg:query_done through tp_btf:sock_send_length \(no trap/);
  });

  test('where the kernel has no such event, a trap in the server counts the same', async () => {
    for (const cluster of clusters) {
      const { text, through } = await withoutSocketEvents(cluster, () =>
        withConnection(cluster, async (connection) => {
          for (let n = 0; n < 61; n++) await connection.query(`SELECT ${n}`);
          for (let n = 0; n < 37; n++) await connection.run('SELECT $1', [n]);
        }),
      );
      assert.equal(text.match(/@done: (\d+)/)?.[1], '98');
      assert.equal(text.match(/@started: (\d+)/)?.[1], '98');
      assert.match(through, /^uprobe:.*:pgstat_report_activity$/);
    }
  });

  test('the builtins are what pg_stat_activity shows of a session', async () => {
    for (const cluster of clusters) {
      const traced = await Connection.open({ ...cluster, applicationName: 'traced one' });
      const observer = await Connection.open(cluster);
      const fields = ['is_backend', 'is_client', 'backend_type', 'query_id', 'query', 'state', 'wait_event'];
      const others = ['wait_event_type', 'database', 'user', 'application', 'database_oid', 'user_oid', 'port'];
      const times = ['backend_start', 'xact_start', 'query_start', 'state_start'];
      const all = [...fields, ...others, ...times];
      const running = new Running([
        'trace',
        '-q',
        '--pgdata',
        cluster.pgdata,
        '-e',
        `interval:ms:100 { print("attached"); }
         pg:wait_start /pg.application == "traced one" && pg.wait_event == "PgSleep"/ {
          ${all.map((name) => `print(("${name}", pg.${name}));`).join(' ')}
          $status = pg.MyBEEntry; $proc = pg.MyProc;
          print(("struct_name", str($status->st_appname, 64))); print(("struct_query", str($status->st_activity_raw)));
          print(("struct_oids", $status->st_databaseid, $proc->databaseId, $status->st_userid, $proc->roleId));
          print(("struct_pids", $status->st_procpid - pid, $proc->pid - pid, pg.MyProc->lockGroupLeader));
          print(("struct_hits", pg.pgBufferUsage->shared_blks_hit - pg.shared_hit, pg.pgWalUsage->wal_bytes - pg.wal_bytes));
          exit(); }`,
      ]);
      await running.until('it is attached', () => running.stdout.includes('attached'));
      const slept = traced.query("SELECT pg_sleep(1), 'naïve' AS seventeen");
      await sleep(300);
      const shown =
        await observer.query(`SELECT 1, 1, backend_type, query_id, query, state, wait_event, wait_event_type,
        datname, usename, application_name, datid, usesysid, ${cluster.port}, ${[
          'backend_start',
          'xact_start',
          'query_start',
          'state_change',
        ]
          .map((name) => `(extract(epoch from ${name}) * 1000000)::bigint * 1000`)
          .join()} FROM pg_stat_activity WHERE application_name = 'traced one'`);
      await slept;
      const { stdout } = await running.ended;
      const got = Object.fromEntries(
        [...stdout.matchAll(/^\((\w+), (.*)\)$/gm)].map(([, name, value]) => [name, value]),
      );
      assert.deepEqual(
        all.map((name) => `${name}=${got[name]}`),
        all.map((name, i) => `${name}=${shown[0]!.rows[0]![i]}`),
      );
      const { database_oid: database, user_oid: user } = got;
      assert.deepEqual(
        [got.struct_name, got.struct_query, got.struct_oids, got.struct_pids, got.struct_hits],
        ['traced one', got.query, `${database}, ${database}, ${user}, ${user}`, '0, 0, 0x0', '0, 0'],
      );
      await traced.close();
      await observer.close();
    }
  });

  test('waits have their time, and processes of no cluster have no values', async () => {
    const [cluster] = clusters;
    const { maps } = await mapsOf(
      `pg:wait_done /pg.wait_event == "PgSleep"/ { @n[pg.wait_event_type] = count(); @ns[0] = sum(args.duration); }
       tracepoint:raw_syscalls:sys_enter /!pg.is_backend/ { @other[pg.database, pg.wait_event, pg.query_id] = count(); }`,
      () =>
        withConnection(cluster!, async (connection) => {
          for (let n = 0; n < 7; n++) await connection.query('SELECT pg_sleep(0.03)');
        }),
      '--pgdata',
      cluster!.pgdata,
    );
    // A latch may be set while it sleeps: then it goes on sleeping.
    assert.ok(maps['@n']!.Timeout! >= 7);
    assert.ok(maps['@ns']!['0']! >= 7 * 30_000_000 && maps['@ns']!['0']! < 7 * 300_000_000);
    assert.deepEqual(Object.keys(maps['@other']!), [',none,0']);
  });

  test('every one-liner of the page compiles for these servers', () => {
    const page = readFileSync(new URL('../../../docs/language/one-liners.md', import.meta.url), 'utf8');
    const scripts = page.match(/^ {4}.*$/gm) ?? [];
    assert.ok(scripts.length > 9);
    const host = machineHost({ target: postgresTarget() });
    for (const script of scripts) {
      const compiled = compile(script, { host });
      assert.ok(compiled.script, script + formatDiagnostics(compiled.diagnostics));
    }
  });

  test('-l lists the probes, -lv what their args have', () => {
    assert.equal(pebble('trace', '-l', 'pg:query_*').stdout, 'pg:query_start\npg:query_done\n');
    assert.equal(pebble('trace', '-lv', 'pg:wait_done').stdout, 'pg:wait_done\n    uint64 duration\n');
  });

  test('mistakes are explained', () => {
    const misspelt = pebble('trace', '-e', 'BEGIN { print(pg.wait_evnt); }');
    assert.match(misspelt.stderr, /pg has no wait_evnt[\s\S]*did you mean 'wait_event'/);
    const nowhere = pebble('trace', '--pgdata', '/nonexistent', '-e', 'BEGIN { print(pg.user); }');
    assert.match(nowhere.stderr, /no PostgreSQL runs here in \/nonexistent[\s\S]*these run: /);
    const unknown = pebble('trace', '-e', 'pg:query_dome { exit(); }');
    assert.match(unknown.stderr, /No hook for pg:query_dome here\.[\s\S]*did you mean 'query_done'/);
  });
});

/** The same script on a kernel that lacks the events of sockets, as those before 6.3 do. */
async function withoutSocketEvents(cluster: Cluster, load: () => Promise<void>) {
  const machine = machineHost({ target: postgresTarget({ pgdata: [cluster.pgdata] }) });
  const kernelBtf = () => {
    const btf = machine.kernelBtf!()!;
    const find: typeof btf.find = (name, kind) =>
      name.startsWith('btf_trace_sock_') ? undefined : btf.find(name, kind);
    return new Proxy(btf, {
      get: (target, key) => (key === 'find' ? find : bound(target, key)),
    });
  };
  const source = { name: 'test', text: 'pg:query_done { @done = count(); } pg:query_start { @started = count(); }' };
  const { script, diagnostics, hooks } = compile(source, { host: { ...machine, kernelBtf } });
  assert.ok(script, formatDiagnostics(diagnostics));
  const directory = mkdtempSync(join(tmpdir(), 'pebble-tracing-'));
  const file = join(directory, 'out');
  const end = new AbortController();
  const output = new Output('text', Sink.open(file, 'line'), { source, colour: false, warnings: true });
  const run = runScript(script, { output, signal: end.signal, quiet: true });
  await sleep(1000);
  await load();
  end.abort();
  await run;
  const text = readFileSync(file, 'utf8');
  rmSync(directory, { recursive: true });
  return { text, through: hooks[0]!.through[0]! };
}

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key, target);
  return typeof value === 'function' ? value.bind(target) : value;
}
