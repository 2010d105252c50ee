/**
 * What the agent costs beside an idle cluster, and beside one that executes a thousand distinct queries as fast as it
 * can: by /proc and not by the agent's own word. Programs in the kernel cost what `pebble doctor --overhead` says.
 *
 *     sudo node bench/agent.ts [SECONDS]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { formatShare } from '../src/base/units.ts';
import { startCluster } from '../src/cluster/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { readStat } from '../src/postgres/discover/index.ts';
import { pgbench, WITHOUT_PGBENCH } from '../test/accuracy/pgbench.ts';

const PEBBLE = fileURLToPath(new URL('../pebble', import.meta.url));
/** Until what only the start needed is given back. */
const SETTLE_MS = 40_000;
const QUERIES = 1000;
const seconds = Number(process.argv[2] ?? 60);
const folder = mkdtempSync(join(tmpdir(), 'pebble-bench-'));
const cluster = await startCluster({ flavour: 'embedded', settings: { compute_query_id: 'on' } });
await makeTables();
const options = ['--pgdata', cluster.pgdata, '--store', `sqlite:${join(folder, 'h.db')}`, '--listen', '127.0.0.1:0'];
const agent = spawn(PEBBLE, ['agent', ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
try {
  await sleep(SETTLE_MS);
  console.log(`idle: ${await measure(() => sleep(seconds * 1000))}`);
  if (WITHOUT_PGBENCH) console.log(WITHOUT_PGBENCH);
  else await underLoad();
} finally {
  agent.kill('SIGTERM');
  await new Promise((resolve) => agent.once('exit', resolve));
  await cluster.stop();
  rmSync(folder, { recursive: true });
}

/** A table each: nothing else makes query ids differ for certain. Texts would not: to libpg_query t10 and t11 are one table. */
async function makeTables(): Promise<void> {
  const session = await Connection.open(cluster);
  for (let n = 1; n <= QUERIES; n++) await session.query(`CREATE TABLE t${n} (a int)`);
  await session.close();
}

async function underLoad(): Promise<void> {
  const script = join(folder, 'load.sql');
  writeFileSync(script, `\\set n random(1, ${QUERIES})\nSELECT * FROM t:n;\n`);
  const load = (length: number): Promise<string> =>
    pgbench(cluster, '-n', '-f', script, '-c', '8', '-j', '1', '-T', String(length));
  await load(10);
  let printed = '';
  const cost = await measure(async () => {
    printed = await load(seconds);
  });
  const rate = Math.round(Number(/tps = ([\d.]+)/.exec(printed)?.[1]));
  console.log(`${rate} queries/s, ${QUERIES} distinct: ${cost}`);
}

async function measure(work: () => Promise<unknown>): Promise<string> {
  const before = cpuSecondsOf(agent.pid!);
  const start = performance.now();
  await work();
  const used = (cpuSecondsOf(agent.pid!) - before) / ((performance.now() - start) / 1000);
  return `${formatShare(used)} of a core over ${seconds} s, ${memoryOf(agent.pid!)}`;
}

function cpuSecondsOf(pid: number): number {
  return readStat(pid)!.cpuUs / 1e6;
}

function memoryOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)![1]);
  return `RSS ${Math.round(kib('VmRSS') / 1024)} MiB, ${Math.round(kib('RssAnon') / 1024)} MiB of it its own`;
}
