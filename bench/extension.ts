/** What a join of pebble.queries with pg_stat_statements takes, with a thousand distinct queries: `node bench/extension.ts`, as root. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../src/cluster/index.ts';
import { Connection } from '../src/postgres/client/index.ts';
import { pebble, Running } from '../test/cli/pebble.ts';

const QUERIES = 1000;
const RUNS = 31;
const JOIN =
  'SELECT count(*), sum(q.calls), sum(s.calls) FROM pebble.queries q JOIN pg_stat_statements s USING (queryid)';

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
try {
  await agent.until('it serves', () => /token=/.test(agent.stdout));
  pebble('extension', 'install', '--directory', folder);
  const session = await Connection.open(cluster);
  await session.query('CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pebble CASCADE');
  await session.query(`SELECT pebble.use_address('${folder}', 8433); SELECT pebble.create_user_mapping()`);
  // Names of tables tell queries apart.
  for (let n = 0; n < QUERIES; n++) await session.query(`CREATE TABLE t${n} ()`);
  for (let n = 0; n < QUERIES; n++) await session.query(`SELECT FROM t${n}`);
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const begin = performance.now();
    const [result] = await session.query(JOIN);
    times.push(performance.now() - begin);
    if (run === RUNS - 1) console.log(result!.rows[0]);
  }
  times.sort((a, b) => a - b);
  console.log({ median: times[RUNS >> 1], fastest: times[0], slowest: times.at(-1) });
  await session.close();
} finally {
  agent.signal('SIGTERM');
  await agent.ended;
  await cluster.stop();
  rmSync(folder, { recursive: true });
}
