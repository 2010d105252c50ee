/** Phases of statements, exactly (the tool pgphases), against what pg_stat_statements counts of planning and execution. */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { Cluster } from '../../src/cluster/index.ts';
import type { Connection } from '../../src/postgres/client/index.ts';
import { complete, type Row, rowsOf, sum } from '../tools/harness.ts';
import { resetStatements, SERVERS, startCounting, UNABLE, withConnection } from './servers.ts';

const TABLES = ['am', 'cast', 'class', 'collation', 'conversion', 'namespace', 'opclass'];
/** Any order of so many joins is possible, and nothing is joined. */
const PLANNED = `SELECT count(*) AS c_planned FROM pg_attrdef ${TABLES.map((name) => `JOIN pg_${name} USING (oid)`).join(' ')}`;
const EXECUTED = 'SELECT sum(i % 7) AS c_executed FROM generate_series(1, 100000) i';
const PREPARED = 'SELECT count(*) AS c_prepared FROM pg_class WHERE relname = $1';

interface Counted {
  readonly plans: number;
  readonly calls: number;
  readonly planUs: number;
  readonly execUs: number;
}

async function load(connection: Connection): Promise<void> {
  await connection.query('SET pg_stat_statements.track_planning = on; SET plan_cache_mode = force_generic_plan');
  for (let i = 0; i < 5; i++) await connection.query(PLANNED);
  for (let i = 0; i < 7; i++) await connection.query(EXECUTED);
  await connection.prepare('prepared', PREPARED);
  for (let i = 0; i < 11; i++) await connection.execute('prepared', [`${i}`]);
  // Left by an error in a phase: what comes behind is told all the same.
  for (let i = 0; i < 3; i++) {
    await assert.rejects(connection.query('SELECT 1 / (i - 5) AS c_failed FROM generate_series(1, 9) i'));
    await assert.rejects(connection.query('SELECT FROM nowhere'));
  }
  await connection.query("DO $$ BEGIN FOR i IN 1..13 LOOP EXECUTE 'SELECT count(*) FROM pg_class'; END LOOP; END $$");
}

for (const server of SERVERS) {
  describe(`phases, ${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    let rows: readonly Row[];
    before(async () => {
      cluster = await startCounting(server, { max_parallel_workers_per_gather: '0', jit: 'off' });
      rows = await complete(async () => {
        await resetStatements(cluster);
        return rowsOf('pgphases', ['--pgdata', cluster.pgdata], () => withConnection(cluster, load));
      });
    });
    after(() => cluster.stop());

    const rowOf = (marker: string): Readonly<Record<string, number>> => {
      const found = rows.filter(({ query }) => String(query).includes(marker));
      assert.ok(found.length > 0, `no row of ${marker}`);
      return Object.fromEntries(PHASES.map((name) => [name, sum(found, name)]));
    };

    test('plans and executions are as many as pg_stat_statements counts', async () => {
      for (const [marker, plans, runs] of [
        ['c_planned', 5, 5],
        ['c_executed', 7, 7],
        ['c_prepared', 1, 11],
      ] as const) {
        const [row, counted] = [rowOf(marker), await countedOf(cluster, marker)];
        assert.deepEqual([row.plans, row.runs, counted.plans, counted.calls], [plans, runs, plans, runs], marker);
      }
    });

    test('time of planning and of execution is that of pg_stat_statements', async (t) => {
      const planning = await countedOf(cluster, 'c_planned');
      assertAbout(t, rowOf('c_planned').plan_us!, planning.planUs, 'planning');
      const execution = await countedOf(cluster, 'c_executed');
      assertAbout(t, rowOf('c_executed').run_us!, execution.execUs, 'execution');
      const [planned, executed] = [rowOf('c_planned'), rowOf('c_executed')];
      assert.ok(planned.plan_us! > 3 * planned.run_us!, JSON.stringify(planned));
      assert.ok(executed.run_us! > 10 * executed.plan_us!, JSON.stringify(executed));
    });

    test('the total is the sum; what a function executes is part of its run, and an error ends its phase only', () => {
      for (const marker of ['c_planned', 'c_executed', 'c_prepared', 'DO $1']) {
        const row = rowOf(marker);
        assert.equal(
          row.total_us,
          row.parse_us! + row.rewrite_us! + row.plan_us! + row.start_us! + row.run_us! + row.end_us! + row.commit_us!,
        );
      }
      const block = rowOf('DO $1');
      assert.deepEqual([block.runs, block.plans, block.plan_us, block.rewrite_us], [1, 0, 0, 0]);
      const failed = rowOf('c_failed');
      assert.deepEqual([failed.plans, failed.runs, failed.run_us], [3, 0, 0]);
      assert.deepEqual([rowOf('nowhere').plans, rowOf('nowhere').runs], [0, 0]);
    });
  });
}

const PHASES = [
  'total_us',
  'parse_us',
  'rewrite_us',
  'plan_us',
  'start_us',
  'run_us',
  'end_us',
  'commit_us',
  'runs',
  'plans',
];

/** Never less, as its clock stands within ours; a tenth and a few time slices more where the CPU is wanted by others. */
function assertAbout(t: TestContext, ours: number, theirs: number, what: string): void {
  t.diagnostic(`${what}: ${ours} µs, ${Math.round(theirs)} by pg_stat_statements`);
  assert.ok(ours >= 0.99 * theirs - 100 && ours <= 1.1 * theirs + 20_000, `${what}: ${ours} µs for ${theirs}`);
}

async function countedOf(cluster: Cluster, marker: string): Promise<Counted> {
  const [result] = await withConnection(cluster, (connection) =>
    connection.query(
      `SELECT plans, calls, total_plan_time * 1000, total_exec_time * 1000 FROM pg_stat_statements WHERE query ~ '${marker}' AND query !~ 'pg_stat_statements'`,
    ),
  );
  const [plans, calls, planUs, execUs] = result!.rows[0]!.map(Number);
  return { plans: plans!, calls: calls!, planUs: planUs!, execUs: execUs! };
}
