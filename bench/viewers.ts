/** `node bench/viewers.ts [SECONDS]`: what ten viewers of the first page cost the agent, beside none and one. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../src/cluster/index.ts';
import { readStat } from '../src/postgres/discover/index.ts';
import { startDemo } from '../src/workload/index.ts';

/** What the first page asks, and each how many seconds: src/dashboard/data/use-answer.ts. */
const QUESTIONS: readonly (readonly [path: string, everySeconds: number])[] = [
  ['/api/rows/findings?last=5m&texts=4000', 5],
  ['/api/load?last=5m&by=wait_event_type', 2],
  ['/api/rows/queries?last=5m&texts=4000&top=200', 2],
  ['/api/mix?last=5m', 2],
  ['/api/load?last=5m&by=fingerprint&points=40&top=100', 2],
];

async function main([seconds = '20']: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-viewers-'));
  const cluster = await startCluster({ flavour: 'embedded' });
  const workload = await startDemo(cluster);
  const options = ['--pgdata', cluster.pgdata, '--store', `sqlite:${join(folder, 'h.db')}`, '--listen', '127.0.0.1:0'];
  const agent = spawn('./pebble', ['agent', ...options, '--budget', 'none'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const link = await new Promise<string>((resolve) =>
      agent.stdout.once('data', (text: Buffer) => resolve(String(text).trim())),
    );
    await wait(10);
    const cookie = (await fetch(link, { redirect: 'manual' })).headers.get('set-cookie')!.split(';')[0]!;
    for (const viewers of [0, 1, 10]) {
      const stop = look(new URL(link).origin, cookie, viewers);
      await wait(16);
      const before = cpuSecondsOf(agent.pid!);
      await wait(Number(seconds));
      const used = (cpuSecondsOf(agent.pid!) - before) / Number(seconds);
      stop.abort();
      process.stdout.write(
        `${viewers} viewers: ${(100 * used).toFixed(2)} % of one CPU, ${((100 * used) / availableParallelism()).toFixed(2)} % of the host\n`,
      );
    }
  } finally {
    agent.kill('SIGINT');
    await workload.stop();
    await cluster.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Each follows the stream, and asks when a message comes, as the page does. */
function look(origin: string, cookie: string, viewers: number): AbortController {
  const stop = new AbortController();
  const get = (path: string) => fetch(`${origin}${path}`, { headers: { cookie }, signal: stop.signal });
  const follow = async (): Promise<void> => {
    const { body } = await get('/api/stream');
    let second = 0;
    for await (const _ of body!) {
      const due = QUESTIONS.filter(([, everySeconds]) => second % everySeconds === 0);
      await Promise.all(due.map(async ([path]) => (await get(path)).arrayBuffer()));
      second++;
    }
  };
  for (let viewer = 0; viewer < viewers; viewer++) follow().catch(() => {});
  return stop;
}

const cpuSecondsOf = (pid: number): number => readStat(pid)!.cpuUs / 1e6;

const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

await main(process.argv.slice(2));
