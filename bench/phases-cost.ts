/**
 * What the exact phases (the tool pgphases) add to a statement that one client executes again and again, simple and prepared:
 * node bench/phases-cost.ts [rounds]. Windows with and without in turn; the tenth and the fiftieth percentile of each.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../src/cluster/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { Running } from '../test/cli/pebble.ts';

const ROUNDS = Number(process.argv[2] ?? 4);
const STATEMENTS = 3000;
const ATTACHED = '__BPFTRACE_NOTIFY_PROBES_ATTACHED';

const cluster = await startCluster({ flavour: 'debian', settings: { compute_query_id: 'on' } });
const connection = await Connection.open(cluster);
try {
  await connection.query('CREATE TABLE t AS SELECT i FROM generate_series(1, 100) i');
  await connection.query('CREATE INDEX ON t (i)');
  await connection.prepare('one', 'SELECT i FROM t WHERE i = $1');
  for (let round = 0; round < ROUNDS; round++) {
    const without = await windows();
    const tool = new Running(['run', 'pgphases', '--pgdata', cluster.pgdata], { [ATTACHED]: '1' });
    await tool.until('the tool is attached', () => tool.stdout.includes(ATTACHED));
    const beside = await windows();
    tool.signal('SIGINT');
    await tool.ended;
    console.log(`without ${without}; with ${beside}`);
    await sleep(200);
  }
} finally {
  await connection.close();
  await cluster.stop();
}

async function windows(): Promise<string> {
  const simple = await percentiles(() => connection.query('SELECT i FROM t WHERE i = 7'));
  return `simple ${simple} µs, prepared ${await percentiles(() => connection.execute('one', ['7']))} µs`;
}

async function percentiles(execute: () => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  for (let i = 0; i < STATEMENTS; i++) {
    const begun = performance.now();
    await execute();
    times.push((performance.now() - begun) * 1000);
  }
  times.sort((a, b) => a - b);
  return [0.1, 0.5].map((part) => times[STATEMENTS * part]!.toFixed(1)).join(' / ');
}
