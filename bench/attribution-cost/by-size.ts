/**
 * What a request costs in the attribution program where many sessions are connected and many statements are known:
 * `node bench/attribution-cost/by-size.ts [--sessions 8,100,1000] [--statements 10,1000,50000] [--seconds 6]`. Every
 * statement is executed once; then pgbench's clients execute them in turn, all at once, and the kernel's own count of the
 * programs' run time is divided by the requests of the same seconds. Other processes' events are in it, too.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { countRuns } from '../../src/bpf/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows } from '../../src/collect/attribution/index.ts';
import { programsOf } from './program-runs.ts';

const { values: given } = parseArgs({
  options: {
    sessions: { type: 'string', default: '8,100,1000' },
    statements: { type: 'string', default: '10,1000,50000' },
    seconds: { type: 'string', default: '6' },
  },
});
const numbers = (text: string): number[] => text.split(',').map(Number);
/** pgbench takes 128 at most, and chooses one at random for each transaction. */
const SCRIPTS = 100;
const COLUMNS = (
  'oid relname relnamespace reltype reloftype relowner relam relfilenode reltablespace relpages reltuples relallvisible ' +
  'reltoastrelid relhasindex relisshared relpersistence'
).split(' ');
const folder = mkdtempSync(join(tmpdir(), 'by-size-'));

/** A subset of the columns for each number: no two are the same statement. */
const statement = (n: number): string =>
  `SELECT ${COLUMNS.filter((_, bit) => ((n + 1) >> bit) & 1).join(', ')} FROM pg_class WHERE false;\n`;

/** Files with these statements, as many in each. */
function scripts(count: number): string[] {
  const all = Array.from({ length: count }, (_, n) => statement(n));
  const files = Math.min(SCRIPTS, count);
  return Array.from({ length: files }, (_, file) => {
    const path = join(folder, `${count}-${file}.sql`);
    writeFileSync(path, all.filter((_line, n) => n % files === file).join(''));
    return path;
  });
}

const target = ({ socketDir, port, user }: Cluster): string[] => [
  '-h',
  socketDir,
  '-p',
  String(port),
  '-U',
  user,
  user,
];

function fill(cluster: Cluster, files: readonly string[]): void {
  for (const file of files) {
    execFileSync('pgbench', ['-n', '-c', '1', '-t', '1', '-f', file, ...target(cluster)], { stdio: 'ignore' });
  }
}

function startLoad(cluster: Cluster, sessions: number, files: readonly string[]): ChildProcess {
  const options = ['-n', '-c', String(sessions), '-j', '2', '-T', '600', ...files.flatMap((file) => ['-f', file])];
  return spawn('pgbench', [...options, ...target(cluster)], { stdio: 'ignore' });
}

interface Measured {
  readonly requests: number;
  readonly ns: number;
}

/** Of all programs, in the seconds that are given. */
async function measure(attribution: Attribution): Promise<Measured> {
  const rows = new QueryRows(attribution.read());
  const stop = countRuns();
  const run = (): number => programsOf('self').reduce((all, { ns }) => all + ns, 0);
  const before = run();
  await sleep(Number(given.seconds) * 1000);
  const ns = run() - before;
  const requests = rows.advance(attribution.read()).reduce((all, { calls }) => all + calls, 0);
  stop();
  return { requests, ns: ns / requests };
}

/** All clients are connected when they have all executed something. */
async function connected(cluster: Cluster, sessions: number): Promise<void> {
  const count = (): number =>
    Number(execFileSync('pgrep', ['-c', '-P', String(cluster.postmasterPid)], { encoding: 'utf8' }));
  while (count() < sessions) await sleep(500);
  await sleep(2000);
}

const most = Math.max(...numbers(given.sessions));
const settings = { max_connections: String(most + 20), compute_query_id: 'on' };
const cluster = await startCluster({ flavour: 'debian', settings });
const attribution = await Attribution.start({ pgdata: cluster.pgdata });
console.log('statements | sessions | requests | ns a request | maps, MB | one reading, ms');
try {
  for (const statements of numbers(given.statements)) {
    const files = scripts(statements);
    fill(cluster, files);
    for (const sessions of numbers(given.sessions)) {
      const load = startLoad(cluster, sessions, files);
      const ended = once(load, 'exit');
      await connected(cluster, sessions);
      const { requests, ns } = await measure(attribution);
      const megabytes = attribution.memoryBytes() / 2 ** 20;
      const begin = performance.now();
      attribution.read();
      const readMs = performance.now() - begin;
      console.log(
        `${statements} | ${sessions} | ${requests} | ${ns.toFixed(0)} | ${megabytes.toFixed(1)} | ${readMs.toFixed(0)}`,
      );
      load.kill('SIGKILL');
      await ended;
    }
  }
} finally {
  attribution.close();
  await cluster.stop();
  rmSync(folder, { recursive: true });
}
