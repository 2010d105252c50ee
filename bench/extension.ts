/** What a join of pebble.queries with pg_stat_statements takes, with a thousand distinct queries: `node bench/extension.ts`, as root. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../src/cluster/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { pebble, Running } from '../test/cli/pebble.ts';

const QUERIES = 1000;
const RUNS = 101;
const JOIN =
  'SELECT count(*), sum(q.calls), sum(s.calls) FROM pebble.queries q JOIN pg_stat_statements s USING (queryid)';
const COLUMNS =
  'relname relnamespace reltype reloftype relowner relam relfilenode reltablespace relpages reltuples relkind'.split(
    ' ',
  );

const folder = mkdtempSync(join(tmpdir(), 'pebble-bench-'));
chmodSync(folder, 0o755);
const cluster = await startCluster({
  flavour: 'embedded',
  settings: { shared_preload_libraries: 'pg_stat_statements', extension_control_path: `$system:${folder}` },
});
const agent = new Running([
  'agent',
  ...['--pgdata', cluster.pgdata, '--store', 'none', '--listen', '127.0.0.1:0', '--sql-listen', `${folder}:8433`],
]);
/** Milliseconds on a CPU. */
const cpu = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
const round = (ms: number): number => Math.round(ms * 10) / 10;

try {
  await agent.until('it serves', () => /token=/.test(agent.stdout));
  pebble('extension', 'install', '--directory', folder);
  const session = await Connection.open(cluster);
  await session.query('CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pebble CASCADE');
  await session.query(`SELECT pebble.use_address('${folder}', 8433); SELECT pebble.create_user_mapping()`);
  // Each a subset of the columns.
  for (let n = 1; n <= QUERIES; n++) {
    await session.query(`SELECT ${COLUMNS.filter((_, bit) => (n >> bit) & 1).join(', ')} FROM pg_class WHERE false`);
  }
  await sleep(2000);
  const times: number[] = [];
  const before = { agent: cpu(agent.pid), backend: cpu(session.backendPid), at: performance.now() };
  for (let run = 0; run < RUNS; run++) {
    const begin = performance.now();
    const [result] = await session.query(JOIN);
    times.push(performance.now() - begin);
    if (run === RUNS - 1) console.log('found, calls, calls:', ...result!.rows[0]!);
  }
  const seconds = (performance.now() - before.at) / 1000;
  times.sort((a, b) => a - b);
  console.log('ms:', { median: round(times[RUNS >> 1]!), fastest: round(times[0]!), slowest: round(times.at(-1)!) });
  const [ours, theirs] = [cpu(agent.pid) - before.agent, cpu(session.backendPid) - before.backend];
  console.log(
    'ms of CPU for each:',
    { agent: round(ours / RUNS), backend: round(theirs / RUNS) },
    `in ${round(seconds)} s`,
  );
  await session.close();
} finally {
  agent.signal('SIGTERM');
  await agent.ended;
  await cluster.stop();
  rmSync(folder, { recursive: true });
}
