/** Requests and time by application and client, against loads that know theirs and against the sums of the statements. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import {
  Attribution,
  type AttributionOptions,
  type ClientTotals,
  QUERY_COUNTERS,
  type Totals,
} from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { until } from '../cli/pebble.ts';
import { SERVERS, UNABLE } from './servers.ts';
import { total } from './watch.ts';

/** A request is booked before its reply can be read; only the end of a session comes after its last reply. */
const SETTLE_MS = 100;
/** Room for 170 clients on one CPU, for 4 on 64. */
const SMALL = 4_000_000;
const MORE_THAN_FIT = 211;
const [ON_CPU, OFF_CPU, RUN_QUEUE] = [1, 2, 3] as const;

for (const server of SERVERS) {
  describe(`${server.flavour} ${server.major}`, { skip: UNABLE }, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(server);
    });
    after(() => cluster.stop());

    const connect = (applicationName: string): Promise<Connection> => Connection.open({ ...cluster, applicationName });
    const work = async (connection: Connection, times: number): Promise<void> => {
      for (let turn = 0; turn < times; turn++) await connection.query('SELECT count(*) FROM pg_class');
    };
    const watched = async <T>(
      body: (attribution: Attribution) => Promise<T>,
      options: AttributionOptions = {},
    ): Promise<T> => {
      const attribution = await Attribution.start({ pgdata: cluster.pgdata, signals: ['clients'], ...options });
      try {
        return await body(attribution);
      } finally {
        attribution.close();
      }
    };

    test('each has its requests, under the names that its sessions have, and all of the time', () =>
      watched(async (attribution) => {
        const kept = await connect('alpha');
        await work(kept, 101);
        const ended = await connect('beta');
        await work(ended, 53);
        await ended.close();
        const renamed = await connect('gamma');
        await work(renamed, 17);
        await renamed.query("SET application_name = 'delta'");
        await work(renamed, 7);
        await renamed.query("SELECT set_config('application_name', 'epsilon', false)");
        await work(renamed, 11);
        await renamed.query('BEGIN');
        await renamed.query("SET LOCAL application_name = 'zeta'");
        await work(renamed, 3);
        await renamed.query('ROLLBACK');
        await sleep(SETTLE_MS);
        const totals = attribution.read();
        assert.deepEqual(requestsOf(totals), {
          alpha: 101,
          beta: 53,
          gamma: 17,
          // What gives the name is of the new one; BEGIN and ROLLBACK are of epsilon.
          delta: 8,
          epsilon: 14,
          zeta: 4,
        });
        const [alpha] = named(totals, 'alpha');
        assert.deepEqual([alpha!.client, alpha!.user, alpha!.database], ['local', 'postgres', 'postgres']);
        assertAllTime(totals);
        await kept.close();
        await renamed.close();
      }));

    test('a request that lasts shows before it ends', () =>
      watched(async (attribution) => {
        const [holder, waiter] = [await connect('holder'), await connect('waiter')];
        await holder.query('SELECT pg_advisory_lock(1)');
        await work(waiter, 1);
        const waits = waiter.query('SELECT pg_advisory_lock(1)');
        const waited = (): ClientTotals | undefined => named(attribution.read(), 'waiter')[0];
        await until('its wait shows', () => (waited()?.counters[OFF_CPU] ?? 0) > 2e8);
        const during = waited()!;
        assert.equal(during.counters[0], 1);
        await holder.query('SELECT pg_advisory_unlock(1)');
        await waits;
        await sleep(SETTLE_MS);
        const done = waited()!;
        assert.equal(done.counters[0], 2);
        assert.ok(done.counters[OFF_CPU]! >= during.counters[OFF_CPU]!);
        await holder.close();
        await waiter.close();
      }));

    test('what rests is taken out of the kernel, and goes on where it was', () =>
      watched(
        async (attribution) => {
          const resting = await connect('resting');
          for (const times of [13, 5, 3]) {
            await work(resting, times);
            await sleep(SETTLE_MS);
            for (let turn = 0; turn < 3; turn++) attribution.read();
          }
          assert.deepEqual(requestsOf(attribution.read()), { resting: 21 });
          await resting.close();
        },
        { idle: { idleMs: 0, fill: 0 } },
      ));

    test('what has no room is counted, under others', () =>
      watched(
        async (attribution) => {
          const crowd = Array.from({ length: 23 }, (_, at) => `one-of-many-${at}`);
          for (const name of crowd) {
            const connection = await connect(name);
            await work(connection, 2);
            await connection.close();
          }
          await sleep(SETTLE_MS);
          const totals = attribution.read();
          const requests = requestsOf(totals);
          assert.ok(requests['<others>']! > 0, JSON.stringify(requests));
          assert.equal(
            total(Object.values(requests), (count) => count),
            46,
          );
          assertAllTime(totals);
        },
        { memoryBytes: 1_400_000 },
      ));

    test('a session that found no room has its own row when others rest', () =>
      watched(
        async (attribution) => {
          const crowd = await connect('crowd');
          for (let at = 0; at < MORE_THAN_FIT; at++) await crowd.query(`SET application_name = 'early-${at}'`);
          const late = await connect('late');
          await work(late, 3);
          await sleep(SETTLE_MS);
          const before = requestsOf(attribution.read());
          assert.equal(before.late, undefined, JSON.stringify(before));
          // What rests is told by two looks.
          for (let turn = 0; turn < 3; turn++) attribution.read();
          await work(late, 13);
          await sleep(SETTLE_MS);
          const after = requestsOf(attribution.read());
          // The first of them finds that there is room.
          assert.deepEqual([after.late, after['<others>']], [12, before['<others>']! + 1], JSON.stringify(after));
          await Promise.all([late, crowd].map((connection) => connection.close()));
        },
        { memoryBytes: SMALL, idle: { idleMs: 0, fill: 0.5 } },
      ));
  });
}

const named = ({ clients }: Totals, name: string): ClientTotals[] =>
  [...clients.values()].filter(({ application }) => application === name);

function requestsOf({ clients }: Totals): Record<string, number> {
  const requests: Record<string, number> = {};
  for (const { application, counters } of clients.values())
    if (counters[0]! > 0) requests[application] = (requests[application] ?? 0) + counters[0]!;
  return requests;
}

/** In ns, and none of them estimated: what the statements of sessions have. */
function assertAllTime({ clients, queries }: Totals): void {
  const timesOf = (rows: readonly Float64Array[], fields: readonly number[]): number[] =>
    fields.map((at) => total(rows, (row) => row[at]!));
  const ofClients = timesOf(
    [...clients.values()].map(({ counters }) => counters),
    [ON_CPU, OFF_CPU, RUN_QUEUE],
  );
  const ofStatements = timesOf(
    [...queries.values()].filter(({ identity }) => identity.executes).map(({ counters }) => counters),
    (['on_cpu', 'off_cpu', 'run_queue'] as const).map((name) => QUERY_COUNTERS.indexOf(name)),
  );
  assert.deepEqual(ofClients, ofStatements);
}
