/** The counted load against pg_stat_statements, and the demonstration's troubles against pg_stat_activity. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, findDebianMajors, requestedMajors, startCluster } from '../cluster/index.ts';
import { Connection } from '../postgres/client/index.ts';
import { type RunningWorkload, runCounted, SCENARIOS, startDemo } from './index.ts';

const SERVERS = [
  ...requestedMajors().map((major) => ({ flavour: 'embedded' as const, major })),
  ...findDebianMajors().map((major) => ({ flavour: 'debian' as const, major })),
];

for (const server of SERVERS) {
  describe(`${server.flavour} ${server.major}`, () => {
    let cluster: Cluster;
    let observer: Connection;
    before(async () => {
      cluster = await startCluster({ ...server, settings: { shared_preload_libraries: 'pg_stat_statements' } });
      observer = await Connection.open(cluster);
      await observer.query('CREATE EXTENSION pg_stat_statements');
    });
    after(async () => {
      await observer.close();
      await cluster.stop();
    });

    test('pg_stat_statements counts what the counted load says', async () => {
      const { statements } = await runCounted(cluster, 2);
      for (const { marker, succeeded } of statements) {
        const sql = String.raw`SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query ~ '\m${marker}\M' AND query !~ 'CREATE|pg_stat'`;
        const calls = (await observer.query(sql))[0]!.rows[0]![0];
        assert.equal(Number(calls), succeeded, marker);
      }
    });

    test('the demonstration has the troubles that it promises, survives a restart and stops', async () => {
      let demo: RunningWorkload | undefined = await startDemo(cluster);
      const seen = await collectActivity(observer);
      for (const { name } of SCENARIOS) assert.ok(seen.names.has(name), `no session of ${name}`);
      assert.ok(seen.waits.has('Lock:transactionid') || seen.waits.has('Lock:tuple'), [...seen.waits].join());
      assert.ok(seen.states.has('idle in transaction'));
      await cluster.restart();
      observer = await Connection.open(cluster);
      assert.equal((await collectActivity(observer)).names.size, SCENARIOS.length);
      await demo.stop();
      demo = undefined;
      const [left] = await observer.query(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lock-convoy'",
      );
      assert.equal(left!.rows[0]![0], '0');
    });
  });
}

test('a server that is not there is told', async () => {
  await assert.rejects(
    startDemo({ socketDir: '/nonexistent', port: 1, user: 'x' }),
    /running the workload: .*\/nonexistent/,
  );
});

/** Application names, waits and states that show within three seconds. */
async function collectActivity(observer: Connection) {
  const [names, waits, states] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const sql =
    "SELECT application_name, wait_event_type || ':' || wait_event, state FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";
  for (let round = 0; round < 60; round++) {
    for (const [name, wait, state] of (await observer.query(sql))[0]!.rows) {
      if (name && name !== 'pebble') names.add(name);
      if (wait) waits.add(wait);
      if (state) states.add(state);
    }
    await sleep(50);
  }
  return { names, waits, states };
}
