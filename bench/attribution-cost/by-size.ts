/**
 * What a request costs in the attribution program where many sessions are connected and many statements are known:
 * `node bench/attribution-cost/by-size.ts [--cases STATEMENTSxSESSIONS,…] [--seconds 6]`. Every statement is executed
 * once; then pgbench's clients execute them in turn, all at once, and the kernel's own count of the programs' run time is
 * divided by the requests of the same seconds. Other processes' events are in it, too. Six cases take some five minutes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { QueryRow } from '../../src/api/index.ts';
import { countRuns } from '../../src/bpf/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, QueryRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { listChildren } from '../../src/postgres/discover/index.ts';
import { programsOf } from './program-runs.ts';

const { values: given } = parseArgs({
  options: {
    // One of the two grows, then both are large; those with more statements last, as none is forgotten.
    cases: { type: 'string', default: '10x8,10x100,10x1000,1000x8,50000x8,50000x1000' },
    seconds: { type: 'string', default: '6' },
  },
});
const CASES = given.cases.split(',').map((text) => {
  const [statements, sessions] = text.split('x').map(Number);
  return { statements: statements!, sessions: sessions! };
});
/** Sessions that execute everything once. */
const FILLERS = 4;
/** Until all clients are connected, or have ended. */
const MOST_WAIT_MS = 90_000;
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

async function fill(cluster: Cluster, count: number): Promise<void> {
  const some = async (first: number): Promise<void> => {
    const connection = await Connection.open(cluster);
    for (let n = first; n < count; n += FILLERS) await connection.query(statement(n));
    await connection.close();
  };
  await Promise.all(Array.from({ length: FILLERS }, (_, first) => some(first)));
}

function startLoad(cluster: Cluster, sessions: number, files: readonly string[]): ChildProcess {
  const options = ['-n', '-c', String(sessions), '-j', '2', '-T', '600', ...files.flatMap((file) => ['-f', file])];
  return spawn('pgbench', [...options, ...target(cluster)], { stdio: 'ignore' });
}

interface Measured {
  readonly requests: number;
  /** Of them: no room was found for their statement. */
  readonly others: number;
  /** Whatever was not counted, or not as it should be. */
  readonly dropped: number;
  readonly ns: number;
}

/** Of all programs, from one reading to the next: with many statements these take long. */
async function measure(attribution: Attribution): Promise<Measured> {
  const stop = countRuns();
  const run = (): number => programsOf('self').reduce((all, { ns }) => all + ns, 0);
  const before = run();
  const rows = new QueryRows(attribution.read());
  await sleep(Number(given.seconds) * 1000);
  const ns = run() - before;
  const window = rows.advance(attribution.read());
  const callsOf = (some: readonly QueryRow[]): number => some.reduce((all, { calls }) => all + calls, 0);
  stop();
  const requests = callsOf(window);
  const others = callsOf(window.filter(({ query }) => query === '<others>'));
  return { requests, others, dropped: window[0]?.dropped ?? 0, ns: ns / requests };
}

/** Whether the server comes to have at least, or at most, so many processes. */
async function comesTo(cluster: Cluster, isThere: (count: number) => boolean): Promise<boolean> {
  const begin = performance.now();
  while (!isThere(listChildren(cluster.postmasterPid).length)) {
    if (performance.now() - begin > MOST_WAIT_MS) return false;
    await sleep(100);
  }
  return true;
}

const most = Math.max(...CASES.map(({ sessions }) => sessions));
const settings = { max_connections: String(most + 20), compute_query_id: 'on' };
const cluster = await startCluster({ flavour: 'debian', settings });
const attribution = await Attribution.start({ pgdata: cluster.pgdata });
console.log(
  'statements | sessions | requests | among others | dropped | ns a request | maps, MB | one reading, ms of CPU time',
);
try {
  let filled = 0;
  const own = listChildren(cluster.postmasterPid).length;
  for (const { statements, sessions } of CASES) {
    const files = scripts(statements);
    if (statements > filled) await fill(cluster, statements);
    filled = Math.max(filled, statements);
    const load = startLoad(cluster, sessions, files);
    const ended = once(load, 'exit');
    if (await comesTo(cluster, (count) => count >= own + sessions)) {
      // They execute when all of them are connected.
      await sleep(2000);
      const { requests, others, dropped, ns } = await measure(attribution);
      const megabytes = attribution.memoryBytes() / 2 ** 20;
      const begin = process.cpuUsage();
      attribution.read();
      const { user, system } = process.cpuUsage(begin);
      const readMs = (user + system) / 1000;
      console.log(
        `${statements} | ${sessions} | ${requests} | ${others} | ${dropped} | ${ns.toFixed(0)} | ${megabytes.toFixed(1)} | ${readMs.toFixed(0)}`,
      );
    } else {
      console.log(`${statements} | ${sessions} | its sessions did not connect`);
    }
    load.kill('SIGKILL');
    await ended;
    await comesTo(cluster, (count) => count <= own + 1);
  }
} finally {
  attribution.close();
  await cluster.stop();
  rmSync(folder, { recursive: true });
}
