/**
 * What the agent costs beside an idle cluster, by /proc and not by its own word.
 *
 *     sudo node bench/agent.ts [SECONDS]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { formatShare } from '../src/base/units.ts';
import { startCluster } from '../src/cluster/index.ts';

const PEBBLE = fileURLToPath(new URL('../pebble', import.meta.url));
const SETTLE_MS = 20_000;
const seconds = Number(process.argv[2] ?? 60);
const folder = mkdtempSync(join(tmpdir(), 'pebble-bench-'));
const cluster = await startCluster({ flavour: 'embedded' });
const options = ['--pgdata', cluster.pgdata, '--store', `sqlite:${join(folder, 'h.db')}`, '--listen', '127.0.0.1:0'];
const agent = spawn(PEBBLE, ['agent', ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
try {
  await sleep(SETTLE_MS);
  const before = ticksOf(agent.pid!);
  await sleep(seconds * 1000);
  const used = (ticksOf(agent.pid!) - before) / 100 / seconds;
  console.log(`idle: ${formatShare(used)} of a core over ${seconds} s, ${memoryOf(agent.pid!)}`);
} finally {
  agent.kill('SIGTERM');
  await new Promise((resolve) => agent.once('exit', resolve));
  await cluster.stop();
  rmSync(folder, { recursive: true });
}

/** utime and stime of proc(5), in hundredths of a second. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function memoryOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)![1]);
  return `RSS ${Math.round(kib('VmRSS') / 1024)} MiB, ${Math.round(kib('RssAnon') / 1024)} MiB of it its own`;
}
