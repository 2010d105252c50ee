/**
 * What collecting the same costs by SQL, by postgres_exporter and by the agent, on one server under one load, in CPU seconds
 * an hour. Each is charged what its own processes take, on both sides: by /proc/PID/schedstat, and programs in the kernel by
 * their run time. What pg_stat_statements adds to each execution is in none of it: bench/attribution-cost/index.ts.
 *
 *     sudo node bench/collectors.ts [SECONDS] [EXECUTIONS A SECOND] [PROGRAM OF postgres_exporter]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { countRuns } from '../src/bpf/index.ts';
import { startCluster } from '../src/cluster/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { listChildren, readText } from '../src/postgres/discover/index.ts';
import { pgbench, WITHOUT_PGBENCH } from '../test/accuracy/pgbench.ts';
import { programsOf } from './attribution-cost/program-runs.ts';
import { cpuNs } from './cpu-time.ts';

const PEBBLE = fileURLToPath(new URL('../pebble', import.meta.url));
const SAMPLING = '/usr/lib/postgresql/15/lib/pg_wait_sampling.so';
const seconds = Number(process.argv[2] ?? 60);
const rate = process.argv[3] ?? '1000';
const exporterProgram = process.argv[4] ?? '/usr/bin/prometheus-postgres-exporter';
const EXPORTER_PORT = 19187;
const QUERIES = 1000;
/** Until the agent has given back what only its start needed, and has seen the load. */
const SETTLE_MS = 30_000;
/** Snapshots by SQL, scrapes, and what the agent writes. */
const EVERY_MS = 10_000;
/** As PoWA does: what there is, with the time, into tables of the same server. */
const SNAPSHOTS = [
  'INSERT INTO statements_kept SELECT now(), * FROM pg_stat_statements(false)',
  'INSERT INTO waits_kept SELECT now(), queryid, event_type, event, sum(count) FROM pg_wait_sampling_profile GROUP BY 2, 3, 4',
];

if (WITHOUT_PGBENCH || !existsSync(SAMPLING)) {
  console.log(WITHOUT_PGBENCH || `${SAMPLING} is missing: apt-get install postgresql-15-pg-wait-sampling`);
  process.exit(4);
}
const folder = mkdtempSync(join(tmpdir(), 'pebble-bench-'));
const cluster = await startCluster({
  flavour: 'debian',
  major: 15,
  settings: {
    shared_preload_libraries: 'pg_stat_statements,pg_wait_sampling',
    'pg_wait_sampling.profile_period': '10',
  },
});
const collector = await Connection.open(cluster);
const options = [
  '--pgdata',
  cluster.pgdata,
  '--store',
  `sqlite:${join(folder, 'h.db')}`,
  '--listen',
  '127.0.0.1:0',
  '--budget',
  'none',
];
const agent = spawn(PEBBLE, ['agent', ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
const exporter = existsSync(exporterProgram) ? startExporter() : undefined;
if (!exporter) console.log(`${exporterProgram} is missing: apt-get install prometheus-postgres-exporter`);
try {
  await prepare();
  await underLoad(15);
  await sleep(SETTLE_MS);
  const backend = Number((await collector.query('SELECT pg_backend_pid()'))[0]!.rows[0]![0]);
  const scraped = exporter && (await exporterBackend());
  const sampler = listChildren(cluster.postmasterPid).find((pid) => commandOf(pid).includes('wait_sampling'))!;
  const stop = countRuns();
  const read = () => ({
    agent: cpuNs(agent.pid!),
    kernel: programsOf(agent.pid!).reduce((sum, { ns }) => sum + ns, 0),
    snapshots: cpuNs(backend),
    sampler: cpuNs(sampler),
    exporter: exporter ? cpuNs(exporter.pid!) : 0,
    scraped: scraped === undefined ? 0 : cpuNs(scraped),
  });
  const [before, start] = [read(), performance.now()];
  const load = underLoad(seconds);
  for (let n = 0; n < Math.floor((seconds * 1000) / EVERY_MS); n++) {
    await Promise.all([snapshot(), exporter && scrape(), sleep(EVERY_MS)]);
  }
  const [after, took] = [read(), (performance.now() - start) / 1000];
  stop();
  const anHour = (...names: (keyof typeof before)[]): string =>
    `${names.reduce((sum, name) => sum + ((after[name] - before[name]) / 1e9 / took) * 3600, 0).toFixed(1)} s`;
  console.log(`${(await load).trim()} queries/s of ${QUERIES} statements, ${took.toFixed(0)} s; CPU of an hour:`);
  console.log(
    `pebble, every ten seconds: the agent ${anHour('agent')}, its programs in the kernel ${anHour('kernel')}`,
  );
  console.log(
    `by SQL, every ten seconds: snapshots ${anHour('snapshots')}, pg_wait_sampling's process ${anHour('sampler')}; ${await kept()}`,
  );
  if (exporter)
    console.log(
      `postgres_exporter, every ten seconds: itself ${anHour('exporter')}, its session ${anHour('scraped')}; no statements`,
    );
} finally {
  exporter?.kill();
  agent.kill('SIGTERM');
  await new Promise((resolve) => agent.once('exit', resolve));
  await collector.close();
  await cluster.stop();
  rmSync(folder, { recursive: true });
}

async function prepare(): Promise<void> {
  await collector.query('CREATE EXTENSION pg_stat_statements');
  await collector.query('CREATE EXTENSION pg_wait_sampling');
  for (let n = 1; n <= QUERIES; n++) await collector.query(`CREATE TABLE t${n} (a int)`);
  await collector.query('SELECT pg_stat_statements_reset()');
  await collector.query('CREATE TABLE statements_kept AS SELECT now() AS at, * FROM pg_stat_statements(false) LIMIT 0');
  const columns = 'now() AS at, queryid, event_type, event, sum(count) AS count';
  await collector.query(
    `CREATE TABLE waits_kept AS SELECT ${columns} FROM pg_wait_sampling_profile GROUP BY 2, 3, 4 LIMIT 0`,
  );
}

async function underLoad(length: number): Promise<string> {
  const script = join(folder, 'load.sql');
  writeFileSync(script, `\\set n random(1, ${QUERIES})\nSELECT * FROM t:n;\n`);
  const printed = await pgbench(cluster, '-n', '-f', script, '-c', '4', '-R', rate, '-T', String(length));
  return /tps = (\d+)/.exec(printed)?.[1] ?? '?';
}

async function snapshot(): Promise<void> {
  for (const statement of SNAPSHOTS) await collector.query(statement);
}

async function kept(): Promise<string> {
  const [answer] = await collector.query(
    "SELECT count(*), pg_size_pretty(pg_relation_size('statements_kept') / greatest(count(DISTINCT at), 1)) FROM statements_kept",
  );
  const [rows, bytes] = answer!.rows[0]!;
  return `${rows} rows of statements, ${bytes} a snapshot`;
}

function startExporter() {
  const source = `host=${cluster.socketDir} port=${cluster.port} user=${cluster.user} dbname=postgres application_name=exporter`;
  return spawn(exporterProgram, [`--web.listen-address=127.0.0.1:${EXPORTER_PORT}`], {
    stdio: 'ignore',
    env: { ...process.env, DATA_SOURCE_NAME: source },
  });
}

async function scrape(): Promise<void> {
  await (await fetch(`http://127.0.0.1:${EXPORTER_PORT}/metrics`)).text();
}

/** It keeps its session. */
async function exporterBackend(): Promise<number> {
  await scrape();
  const [answer] = await collector.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'exporter'");
  return Number(answer!.rows[0]![0]);
}

function commandOf(pid: number): string {
  return readText(`/proc/${pid}/cmdline`) ?? '';
}
