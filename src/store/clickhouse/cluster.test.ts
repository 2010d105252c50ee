/**
 * Tables ON CLUSTER, on two real nodes: hosts are spread over them, and each row is there once. Half a minute, and a ZooKeeper:
 *
 *     PEBBLE_CLICKHOUSE_CLUSTER=1 npm test -- src/store/clickhouse/cluster.test.ts
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CLUSTER, ClickHouseServer, WITHOUT_CLICKHOUSE } from '../testing/clickhouse-server.ts';
import { Generator } from '../testing/generate.ts';
import { WITHOUT_ZOOKEEPER, ZooKeeper } from '../testing/zookeeper.ts';
import { ClickHouseStore } from './index.ts';

const QUERIES = 29;
const FLUSHES = 3;
/** By their hash on both nodes. */
const HOSTS = ['alpha', 'bravo', 'charlie', 'delta', 'echo', 'foxtrot'];

const NOT_ASKED = process.env.PEBBLE_CLICKHOUSE_CLUSTER
  ? false
  : 'PEBBLE_CLICKHOUSE_CLUSTER=1 runs it, for half a minute';

describe('a cluster of two nodes', { skip: NOT_ASKED || WITHOUT_CLICKHOUSE || WITHOUT_ZOOKEEPER }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-spool-'));
  let keeper: ZooKeeper;
  let nodes: ClickHouseServer[];
  before(async () => {
    keeper = await ZooKeeper.start();
    nodes = await ClickHouseServer.makeNodes(2, keeper.port);
    await Promise.all(nodes.map((node) => node.start()));
  });
  after(async () => {
    await Promise.all((nodes ?? []).map((node) => node.close()));
    await keeper?.close();
    rmSync(folder, { recursive: true });
  });

  test('an agent makes the tables, each node has its hosts, and any of them answers for all', async () => {
    const at = (node: ClickHouseServer): string => `${node.url('fleet')}?cluster=${CLUSTER}`;
    const store = await ClickHouseStore.open(at(nodes[0]!), { spool: { folder, maxBytes: 1e9 } });
    const start = Date.now() - 600_000;
    for (const host of HOSTS) {
      const generator = new Generator({ queries: QUERIES });
      for (let n = 0; n < FLUSHES; n++)
        await store.append({ ...withHost(generator.interval(start + n * 10_000), host) });
    }
    const { pending, lost, trouble } = await store.state();
    assert.deepEqual([pending, lost, trouble], [0, 0, null]);
    await store.close();

    const counted = (node: ClickHouseServer, table: string): Promise<string> =>
      node.ask(`SELECT count() FROM fleet.${table}`);
    const own = await Promise.all(nodes.map(async (node) => Number(await counted(node, 'queries_node'))));
    assert.equal(own[0]! + own[1]!, HOSTS.length * FLUSHES * QUERIES);
    assert.ok(
      own.every((rows) => rows > 0 && rows % (FLUSHES * QUERIES) === 0),
      String(own),
    );
    for (const node of nodes) assert.equal(await counted(node, 'queries'), String(own[0]! + own[1]!));

    // Read through the node that nobody wrote to; the sums of minutes are views of each node.
    const reader = await ClickHouseStore.open(at(nodes[1]!), { readOnly: true });
    const range = { fromMs: start - 60_000, toMs: start + 120_000 };
    const { samples } = await reader.sum({ kind: 'queries', range, by: ['host'] });
    assert.deepEqual(samples.map(({ series }) => series[0]).sort(), HOSTS);
    const calls = await nodes[0]!.ask('SELECT sum(calls) FROM fleet.queries');
    assert.equal(String(samples.reduce((sum, { values }) => sum + values[1]!, 0)), calls);
    const minutes = await nodes[0]!.ask('SELECT sumMerge(calls) FROM fleet.queries_1min');
    assert.equal(minutes, calls);
    await reader.close();
  });
});

function withHost(interval: ReturnType<Generator['interval']>, host: string): typeof interval {
  const samples = Object.entries(interval.samples).map(([kind, some]) => [
    kind,
    some.map((sample) => ({ ...sample, series: [host, ...sample.series.slice(1)] })),
  ]);
  return { ...interval, host, samples: Object.fromEntries(samples) };
}
