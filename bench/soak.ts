/**
 * The agent under load for hours, with sessions and statements that come and go: it must stay as small as it was, and
 * count what pg_stat_statements counts. Its memory and descriptors are read from /proc, not from its own word.
 *
 *     sudo node bench/soak.ts [MINUTES] [TRANSACTIONS A SECOND, 0 for as many as there is room for] [MS BETWEEN NEW STATEMENTS]
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ReportRow } from '../src/api/index.ts';
import { type Cluster, startCluster } from '../src/cluster/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { readStat, readText } from '../src/postgres/discover/index.ts';

const PEBBLE = fileURLToPath(new URL('../pebble', import.meta.url));
const MIB = 2 ** 20;
const CLIENTS = 8;
/** Sessions of one transaction each. */
const CHURN_PER_SECOND = 5;
/** The first minutes fill caches and pools. */
const SETTLED = 0.25;

interface Sample {
  readonly minutes: number;
  readonly rss: number;
  readonly own: number;
  readonly descriptors: number;
  readonly maps: number;
  readonly cpuSeconds: number;
}

const minutes = Number(process.argv[2] ?? 120);
const rate = Number(process.argv[3] ?? 0);
/** A table of its own, and so four statements that nobody has seen before. */
const newEveryMs = Number(process.argv[4] ?? 10_000);
const folder = mkdtempSync(join(tmpdir(), 'pebble-soak-'));
const store = `sqlite:${join(folder, 'history.db')}`;
const cluster = await startCluster({
  flavour: 'debian',
  settings: {
    shared_preload_libraries: 'pg_stat_statements',
    'pg_stat_statements.max': '10000',
    max_connections: '60',
  },
});
let agent: ChildProcess | undefined;
try {
  pgbench('-i', '-q', '-s', '5');
  await execute('CREATE EXTENSION pg_stat_statements');
  agent = await startAgent();
  await execute('SELECT pg_stat_statements_reset()');
  const samples = await soak(agent.pid!);
  // The last requests end, and the agent writes them.
  await sleep(5000);
  const counted = await countedByPostgres(cluster);
  agent.kill('SIGTERM');
  await new Promise((resolve) => agent!.once('exit', resolve));
  judge(samples, counted);
} finally {
  agent?.kill('SIGKILL');
  await cluster.stop();
  rmSync(folder, { recursive: true });
}

async function startAgent(): Promise<ChildProcess> {
  const options = ['--pgdata', cluster.pgdata, '--store', store, '--listen', '127.0.0.1:0', '--budget', 'none'];
  const started = spawn(PEBBLE, ['agent', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    started.stdout!.on('data', () => resolve());
    started.once('exit', () => reject(new Error('the agent did not start')));
  });
  return started;
}

/** Everything at once until the time is up; a sample every half minute. */
async function soak(pid: number): Promise<Sample[]> {
  const seconds = String(Math.round(minutes * 60));
  const limit = rate > 0 ? ['-R', String(rate)] : [];
  const loads = [
    startPgbench('-c', String(CLIENTS), '-j', '2', '-M', 'prepared', ...limit, '-T', seconds),
    startPgbench('-C', '-c', '2', '-S', '-R', String(CHURN_PER_SECOND), '-T', seconds),
  ];
  const end = performance.now() + minutes * 60_000;
  const begin = performance.now();
  const samples: Sample[] = [];
  let nextSample = begin;
  for (let round = 0; performance.now() < end; round++) {
    await newStatements(round);
    if (performance.now() >= nextSample) {
      samples.push(sampleOf(pid, (performance.now() - begin) / 60_000));
      console.log(describe(samples.at(-1)!));
      nextSample += 30_000;
    }
    await sleep(newEveryMs);
  }
  await Promise.all(loads);
  return samples;
}

async function newStatements(round: number): Promise<void> {
  const table = `soak_${round}`;
  await execute(
    `CREATE TABLE ${table} (a int)`,
    `INSERT INTO ${table} VALUES (1)`,
    `SELECT * FROM ${table}`,
    `DROP TABLE ${table}`,
  );
}

async function execute(...statements: readonly string[]): Promise<void> {
  const connection = await Connection.open(cluster);
  for (const statement of statements) await connection.query(statement);
  await connection.close();
}

function pgbenchArguments(...options: readonly string[]): string[] {
  return ['-h', cluster.socketDir, '-p', String(cluster.port), '-U', cluster.user, ...options, cluster.user];
}

function pgbench(...options: readonly string[]): void {
  execFileSync(join(cluster.binDir, 'pgbench'), pgbenchArguments(...options), { stdio: 'ignore' });
}

/** Resolves at its end. */
async function startPgbench(...options: readonly string[]): Promise<void> {
  const load = spawn(join(cluster.binDir, 'pgbench'), pgbenchArguments('-n', ...options), { stdio: 'ignore' });
  await new Promise((resolve) => load.once('exit', resolve));
}

function sampleOf(pid: number, at: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)![1]) * 1024;
  return {
    minutes: at,
    rss: bytes('VmRSS'),
    own: bytes('RssAnon'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    maps: mapBytes(pid),
    cpuSeconds: readStat(pid)!.cpuUs / 1e6,
  };
}

/** What the kernel has charged for the maps. */
function mapBytes(pid: number): number {
  const maps = new Map<string, number>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const text = readText(`/proc/${pid}/fdinfo/${fd}`, 'latin1') ?? ''; // closed since
    const id = /^map_id:\s*(\d+)$/m.exec(text)?.[1];
    if (id !== undefined) maps.set(id, Number(/^memlock:\s*(\d+)$/m.exec(text)?.[1] ?? 0));
  }
  return [...maps.values()].reduce((sum, charged) => sum + charged, 0);
}

function describe({ minutes: at, rss, own, descriptors, maps, cpuSeconds }: Sample): string {
  const mib = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;
  return `${at.toFixed(1)} min: RSS ${mib(rss)}, its own ${mib(own)}, maps ${mib(maps)}, ${descriptors} descriptors, ${cpuSeconds} s of CPU`;
}

/**
 * Calls by query id. Not of BEGIN and END: of a prepared one PostgreSQL 15 counts the first execution only, because counting it
 * clears the id of its plan (contrib/pg_stat_statements/pg_stat_statements.c: pgss_ProcessUtility).
 */
async function countedByPostgres({ socketDir }: Pick<Cluster, 'socketDir'>): Promise<Map<string, number>> {
  const connection = await Connection.open({ ...cluster, socketDir });
  const [answer] = await connection.query(
    "SELECT queryid, sum(calls) FROM pg_stat_statements WHERE query !~ 'pg_stat_statements' AND query NOT IN ('BEGIN', 'END') GROUP BY 1",
  );
  await connection.close();
  return new Map(answer!.rows.map(([key, calls]) => [key!, Number(calls)]));
}

function countedByPebble(): { readonly calls: ReadonlyMap<string, number>; readonly dropped: number } {
  const output = execFileSync(
    PEBBLE,
    ['report', '--json', '--store', store, '--from', `${Math.ceil(minutes) + 10}m`, '--top', '1000000'],
    { encoding: 'utf8', maxBuffer: 2 ** 30 },
  );
  const rows = output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ReportRow);
  const calls = new Map<string, number>();
  for (const row of rows) {
    if (row.kind !== 'query' || row.query_id === null) continue;
    const key = String(row.query_id);
    calls.set(key, (calls.get(key) ?? 0) + row.calls);
  }
  return { calls, dropped: rows.reduce((sum, row) => sum + (row.kind === 'window' ? row.dropped : 0), 0) };
}

function judge(samples: readonly Sample[], counted: ReadonlyMap<string, number>): void {
  const { calls, dropped } = countedByPebble();
  const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
  const different = [...counted].filter(([key, count]) => calls.get(key) !== count);
  console.log(`${total} executions of ${counted.size} statements, ${dropped} events dropped`);
  console.log(`${different.length} statements with another count than pg_stat_statements`);
  for (const [key, count] of different.slice(0, 20)) console.log(`  ${key}: ${calls.get(key) ?? 0} of ${count}`);
  const settled = samples.slice(Math.floor(samples.length * SETTLED));
  const growth = (of: (sample: Sample) => number): string => `${(60 * slope(settled, of)).toFixed(1)} an hour`;
  console.log(
    `since minute ${settled[0]!.minutes.toFixed(1)}: RSS ${growth(({ rss }) => rss / MIB)} (MiB), its own ${growth(({ own }) => own / MIB)}, ` +
      `maps ${growth(({ maps }) => maps / MIB)}, descriptors ${growth(({ descriptors }) => descriptors)}`,
  );
  process.exitCode = different.length === 0 && dropped === 0 ? 0 : 1;
}

/** The line of least squares through all samples, a minute: the difference of two is mostly that of garbage collections. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const at = mean(samples.map(({ minutes }) => minutes));
  const value = mean(samples.map(of));
  const spread = mean(samples.map(({ minutes }) => (minutes - at) ** 2));
  return mean(samples.map((sample) => (sample.minutes - at) * (of(sample) - value))) / (spread || 1);
}
