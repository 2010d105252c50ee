/** `node bench/viewers.ts [SECONDS] [ROUNDS]`: what one and ten viewers of the first page add to the cost of the agent. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../src/cluster/index.ts';
import { readStat } from '../src/postgres/discover/index.ts';
import { startDemo } from '../src/workload/index.ts';
import { medianOf } from './statistics.ts';

/** What the first page asks, and each how many seconds: src/dashboard/data/use-answer.ts. */
const QUESTIONS: readonly (readonly [path: string, everySeconds: number])[] = [
  ['/api/rows/findings?last=5m&texts=4000', 10],
  ['/api/load?last=5m&by=wait_event_type', 2],
  ['/api/rows/queries?last=5m&texts=4000&top=200', 6],
  ['/api/mix?last=5m', 6],
  ['/api/load?last=5m&by=fingerprint&points=40&top=100', 8],
];
/** Between two messages of the stream. */
const READING_SECONDS = 2;
/** Then the agent rests again. */
const RESTS_AFTER_SECONDS = 17;
const VIEWERS = [0, 1, 10] as const;

async function main([seconds = '20', rounds = '3']: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-viewers-'));
  const cluster = await startCluster({ flavour: 'embedded' });
  const workload = await startDemo(cluster);
  const options = ['--pgdata', cluster.pgdata, '--store', `sqlite:${join(folder, 'h.db')}`, '--listen', '127.0.0.1:0'];
  const agent = spawn('./pebble', ['agent', ...options, '--budget', 'none'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const link = await new Promise<string>((resolve) =>
      agent.stdout.once('data', (text: Buffer) => resolve(String(text).trim())),
    );
    const cookie = (await fetch(link, { redirect: 'manual' })).headers.get('set-cookie')!.split(';')[0]!;
    const shares = new Map<number, number[]>(VIEWERS.map((viewers) => [viewers, []]));
    // In turns: other work of the machine changes what the same work costs.
    for (let round = 0; round < Number(rounds); round++) {
      for (const viewers of VIEWERS) {
        const stop = look(new URL(link).origin, cookie, viewers);
        await wait(RESTS_AFTER_SECONDS);
        const before = cpuSecondsOf(agent.pid!);
        await wait(Number(seconds));
        shares.get(viewers)!.push((cpuSecondsOf(agent.pid!) - before) / Number(seconds));
        stop.abort();
      }
    }
    tell(shares);
  } finally {
    agent.kill('SIGINT');
    await workload.stop();
    await cluster.stop();
    rmSync(folder, { recursive: true });
  }
}

function tell(shares: ReadonlyMap<number, readonly number[]>): void {
  const [none] = VIEWERS;
  for (const [viewers, some] of shares) {
    const added = some.map((share, round) => share - shares.get(none)![round]!);
    process.stdout.write(`${viewers} viewers: ${text(some)} of the host; added: ${text(added)}\n`);
  }
}

/** The median and all. */
function text(shares: readonly number[]): string {
  const percents = shares.map((share) => (100 * share) / availableParallelism());
  return `${medianOf(percents).toFixed(2)} % [${percents.map((one) => one.toFixed(2)).join(', ')}]`;
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
      second += READING_SECONDS;
    }
  };
  for (let viewer = 0; viewer < viewers; viewer++) follow().catch(() => {});
  return stop;
}

const cpuSecondsOf = (pid: number): number => readStat(pid)!.cpuUs / 1e6;

const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

await main(process.argv.slice(2));
