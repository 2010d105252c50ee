/** Each finding on a workload that provokes it, and silence on a healthy twin of it. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findingsOf, type Situation } from '../../src/aggregate/findings/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { Attribution, LockRows, QueryRows, WaitRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { SCENARIOS } from '../../src/workload/index.ts';
import type { Scenario, Session } from '../../src/workload/scenarios/index.ts';
import { UNABLE } from '../cli/pebble.ts';

type Run = (session: Session) => Promise<void>;

interface Case {
  /** Of the demonstration, or with a workload of its own. */
  readonly scenario: string;
  readonly own?: Pick<Scenario, 'setup' | 'sessions' | 'run'>;
  readonly finding: string;
  /** Words of its sentence or evidence. */
  readonly says: RegExp;
  readonly twin: Run;
  readonly seconds?: number;
}

const loop =
  (body: (session: Session) => Promise<unknown>, pauseMs: number): Run =>
  async (session) => {
    while (!session.stopped) {
      await body(session);
      await session.pause(pauseMs);
    }
  };

/** All partitions are planned, and none is executed. */
const planned = 'SELECT count(*) FROM demo.parts a JOIN demo.parts b USING (id) WHERE a.value = 1 LIMIT 0';

const CASES: readonly Case[] = [
  {
    scenario: 'lock-convoy',
    finding: 'lock-convoy',
    says: /"UPDATE demo\.counters .* queues[\s\S]*was for pid \d+[\s\S]* of lock-convoy, /,
    twin: async (session) => {
      await session.connection.query('SET synchronous_commit = off');
      const update = 'UPDATE demo.counters SET hits = hits + 1 WHERE id = $1';
      await loop(({ connection, index }) => connection.run(update, [index + 1]), 50)(session);
    },
  },
  {
    scenario: 'commit-bound',
    finding: 'commit-bound',
    says: /INSERT INTO demo\.events/,
    twin: async (session) => {
      await session.connection.query('SET synchronous_commit = off');
      await loop(
        ({ connection }) => connection.query("INSERT INTO demo.events (kind, payload) VALUES (1, 'x')"),
        20,
      )(session);
    },
  },
  {
    scenario: 'idle-in-transaction',
    finding: 'idle-in-transaction',
    says: /"UPDATE demo\.stock[\s\S]*of idle-in-transaction, idle in transaction, its last statement "UPDATE demo\.stock/,
    seconds: 9,
    twin: loop(({ connection }) => connection.query('UPDATE demo.stock SET amount = amount - 1 WHERE id = 7'), 100),
  },
  {
    scenario: 'spilling-sort',
    finding: 'temp-files',
    says: /"SELECT value FROM demo\.measurements ORDER BY value/,
    twin: async (session) => {
      await session.connection.query("SET work_mem = '64MB'");
      await loop(
        ({ connection }) => connection.query('SELECT value FROM demo.measurements ORDER BY value OFFSET 49999'),
        500,
      )(session);
    },
  },
  {
    scenario: 'failing',
    finding: 'failing-statements',
    says: /"INSERT INTO demo\.tokens/,
    twin: loop(({ connection }) => connection.query('SELECT * FROM demo.tokens'), 100),
  },
  {
    scenario: 'slow-trigger',
    own: {
      setup: [
        'CREATE TABLE demo.orders (id int)',
        `CREATE FUNCTION demo.tell() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM pg_sleep(0.05) AS told; RETURN NEW; END $$`,
        'CREATE TRIGGER tell AFTER INSERT ON demo.orders FOR EACH ROW EXECUTE FUNCTION demo.tell()',
      ],
      sessions: 2,
      run: loop(({ connection }) => connection.query('INSERT INTO demo.orders VALUES (1)'), 20),
    },
    finding: 'inner-dominated',
    says: /"INSERT INTO demo\.orders .* is waiting in a statement inside of it: "SELECT pg_sleep\(/,
    twin: async (session) => {
      await session.connection.query('SET synchronous_commit = off; SET session_replication_role = replica');
      await loop(({ connection }) => connection.query('INSERT INTO demo.orders VALUES (1)'), 20)(session);
    },
  },
  {
    scenario: 'planned-anew',
    own: {
      setup: [
        'CREATE TABLE demo.parts (id int PRIMARY KEY, value int) PARTITION BY HASH (id)',
        `DO $$ BEGIN FOR n IN 0..63 LOOP
           EXECUTE format('CREATE TABLE demo.parts_%s PARTITION OF demo.parts FOR VALUES WITH (MODULUS 64, REMAINDER %s)', n, n);
         END LOOP; END $$`,
      ],
      sessions: 3,
      run: loop(({ connection }) => connection.query(planned), 1),
    },
    finding: 'planning-bound',
    says: /before each execution of "SELECT count\(\*\) FROM demo\.parts/,
    twin: async (session) => {
      await session.connection.query(`SET plan_cache_mode = force_generic_plan; PREPARE counted AS ${planned}`);
      await loop(({ connection }) => connection.query('EXECUTE counted'), 100)(session);
    },
  },
  {
    scenario: 'pushed-autovacuum',
    own: {
      setup: [
        `CREATE TABLE demo.queue (id int) WITH
         (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`,
        'INSERT INTO demo.queue SELECT generate_series(1, 50000)',
        'DELETE FROM demo.queue WHERE id % 2 = 0',
      ],
      sessions: 1,
      run: async (session) => {
        // By default a second: its end pushes autovacuum away.
        await session.connection.query("SET deadlock_timeout = '100ms'");
        await loop(
          ({ connection }) => connection.query('LOCK TABLE demo.queue IN EXCLUSIVE MODE; ANALYZE demo.queue'),
          100,
        )(session);
      },
    },
    finding: 'autovacuum-cancelled',
    says: /autovacuum of the relation with OID \d+ was in the way of statements \d+ times[\s\S]*"LOCK TABLE demo\.queue/,
    seconds: 9,
    twin: loop(({ connection }) => connection.query('SELECT count(*) FROM demo.queue WHERE id < 5'), 500),
  },
];

const MORE_LOOKS = 4;
/** The machine of the tests is busy with other things, too: that statements wait for a CPU there is true, and no mistake. */
const OF_THE_MACHINE = new Set(['run-queue', 'hot-query']);

describe('findings', { skip: UNABLE }, () => {
  let cluster: Cluster;
  let attribution: Attribution;
  before(async () => {
    cluster = await startCluster({ flavour: 'embedded', settings: { autovacuum_naptime: '1s' } });
    attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['locks', 'inner', 'phases'] });
  });
  after(async () => {
    attribution?.close();
    await cluster?.stop();
  });

  async function observe({ scenario: name, own }: Case, run: Run | undefined, seconds: number): Promise<Situation> {
    const scenario = own ?? SCENARIOS.find((candidate) => candidate.name === name)!;
    const admin = await Connection.open(cluster);
    for (const statement of ['DROP SCHEMA IF EXISTS demo CASCADE', 'CREATE SCHEMA demo', ...scenario.setup])
      await admin.query(statement);
    if (name === 'lock-convoy') await admin.query('INSERT INTO demo.counters SELECT n, 0 FROM generate_series(2, 5) n');
    await admin.query('CHECKPOINT');
    await admin.close();
    const stopped = new AbortController();
    const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stopped.signal }).catch(() => {});
    const sessions = Array.from({ length: scenario.sessions }, async (_, index) => {
      const connection = await Connection.open({ ...cluster, applicationName: name });
      const session: Session = {
        connection,
        index,
        pause,
        get stopped() {
          return stopped.signal.aborted;
        },
      };
      await (run ?? scenario.run)(session);
      await connection.close();
    });
    const first = attribution.read();
    const [queries, waits, locks] = [new QueryRows(first), new WaitRows(first), new LockRows(attribution)];
    await sleep(seconds * 1000);
    const last = attribution.read();
    const rows = queries.advance(last);
    const situation = {
      cpus: availableParallelism(),
      observedUs: rows[0]?.window_us ?? seconds * 1e6,
      queries: rows,
      waits: waits.advance(last),
      locks: locks.advance(),
      earlier: [],
    };
    stopped.abort();
    await Promise.all(sessions);
    return situation;
  }

  for (const one of CASES) {
    const { scenario, finding, says, twin, seconds = 3 } = one;
    test(`${finding}: said of ${scenario}, and not of its twin`, async () => {
      let findings = findingsOf(await observe(one, undefined, seconds));
      const isFound = (): boolean => findings.some(({ id }) => id === finding);
      // While a busy machine lets statements wait for a CPU, that is what dominates.
      for (let more = 0; more < MORE_LOOKS && !isFound(); more++)
        findings = findingsOf(await observe(one, undefined, seconds));
      const found = findings.find(({ id }) => id === finding);
      assert.ok(found, `found only ${findings.map(({ id, title }) => `${id}: ${title}`).join('; ')}`);
      assert.match([found.title, ...found.evidence].join('\n'), says);
      const healthy = findingsOf(await observe(one, twin, 2)).filter(({ id }) => !OF_THE_MACHINE.has(id));
      assert.deepEqual(
        healthy.map(({ id, title }) => `${id}: ${title}`),
        [],
      );
    });
  }
});
