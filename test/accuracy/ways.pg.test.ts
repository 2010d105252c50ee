/** Every way to see requests that this kernel has, also those that only older kernels need, against a load that knows its counts. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRow } from '../../src/api/index.ts';
import { hasFeature } from '../../src/bpf/features/index.ts';
import type { Cluster } from '../../src/cluster/index.ts';
import {
  Attribution,
  findWays,
  type KernelWays,
  QueryRows,
  type SocketHookName,
} from '../../src/collect/attribution/index.ts';
import type { KernelFeatures } from '../../src/lang/host.ts';
import { type Kind, runCounted, runKinds } from '../../src/workload/index.ts';
import { tryClients } from '../kernels/attribution.ts';
import { assertTimeIdentity } from './check.ts';
import { SERVERS, startCounting, UNABLE, withConnection } from './servers.ts';
import { rowsOf, total } from './watch.ts';

const LONG_ROWS = 20_000;
const LONG_REPLY = `SELECT long_reply FROM generate_series(1, ${LONG_ROWS}) AS long_reply`;

/** This kernel's own, then what it can do of the others', whose hooks are watched for others that work on their CPU meanwhile. */
async function listWays(): Promise<KernelWays[]> {
  if (UNABLE) return [];
  const own = await findWays();
  const hooks: SocketHookName[] = ['system calls'];
  if (await hasFeature('fentry')) hooks.push('functions');
  const others = hooks
    .filter((sockets) => sockets !== own.sockets)
    .map((sockets) => ({ ...own, sockets, preemptible: true }));
  const older: KernelFeatures[] = [
    { isaV4: false, mayGoto: false, bpfLoop: true },
    { isaV4: false, mayGoto: false, bpfLoop: false },
    { taskStorage: false, growingMaps: false },
  ];
  return [own, ...others, ...older.map((features) => ({ ...own, features: { ...own.features, ...features } }))];
}

function nameOf({ sockets, features: { mayGoto, bpfLoop, taskStorage } }: KernelWays): string {
  const loops = mayGoto ? 'loops' : bpfLoop ? 'called loops' : 'counted loops';
  return `by ${sockets}, with ${loops} and ${taskStorage ? 'storage on tasks' : 'hashes by thread'}`;
}

/** Every call and error of the load. */
async function countAll(cluster: Cluster, attribution: Attribution, windows: QueryRows): Promise<QueryRow[]> {
  const report = await runCounted(cluster);
  await sleep(100);
  const rows = windows.advance(attribution.read());
  assert.equal(
    total(rows, ({ requests }) => requests),
    report.requests,
  );
  assertCounted(rows, report.statements);
  return rows;
}

/** The same by windows of one kind each, in which either every row is right or every row says that it may not be. */
async function countKinds(cluster: Cluster, attribution: Attribution, windows: QueryRows): Promise<QueryRow[]> {
  let [exact, all] = [0, 0];
  let last: QueryRow[] = [];
  await runKinds(cluster, ({ statements, requests }) => {
    const rows = windows.advance(attribution.read()).filter(({ query }) => !query?.startsWith('CREATE'));
    const own = rows.filter(({ requests: seen, calls }) => seen + calls > 0);
    const marked = own.filter(lacksCalls).length;
    const names = statements.map(({ marker }) => marker).join();
    assert.ok(marked === 0 || marked === own.length, `${names}: ${marked} of ${own.length} rows are marked`);
    all += statements.length;
    if (all > statements.length)
      assert.equal(
        total(rows, (row) => row.requests),
        requests,
        names,
      );
    if (marked > 0) return;
    exact += statements.length;
    assertCounted(rows, statements);
    last = rows;
  });
  assert.ok(exact > all / 2, `${exact} of ${all} are exact`);
  return last;
}

const lacksCalls = ({ inexact }: QueryRow): boolean => inexact.includes('calls');

function assertCounted(rows: readonly QueryRow[], statements: Kind['statements']): void {
  for (const { marker, succeeded, failed } of statements) {
    const own = rowsOf(rows, marker);
    const counted = [total(own, ({ calls }) => calls), total(own, ({ errors }) => errors)];
    assert.deepEqual([...counted, own.some(lacksCalls)], [succeeded + failed, failed, false], marker);
  }
}

describe('ways to see requests', { skip: UNABLE }, async () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCounting(SERVERS[0]!);
  });
  after(() => cluster.stop());

  for (const ways of await listWays()) {
    const isExact = ways.features.mayGoto || ways.features.bpfLoop;
    test(nameOf(ways), async () => {
      const { seen, known } = await tryClients(cluster, { ways });
      assert.equal(seen, known, 'requests by application');
      const attribution = await Attribution.start({ pgdata: cluster.pgdata, ways, signals: ['resources'] });
      try {
        const windows = new QueryRows(attribution.read());
        const rows = isExact
          ? await countAll(cluster, attribution, windows)
          : await countKinds(cluster, attribution, windows);
        const coverage = isExact ? 'exact' : 'partial';
        assert.deepEqual([...new Set(rows.map((row) => row.coverage))], [coverage]);
        assert.equal(attribution.shortcoming === undefined, coverage === 'exact');
        assertTimeIdentity(rows);

        await withConnection(cluster, async (connection) => {
          for (let i = 0; i < 7; i++) await connection.query(LONG_REPLY);
          await connection.query('SELECT 1 AS short_reply');
        });
        await sleep(100);
        const after = windows.advance(attribution.read());
        for (const [word, times, each] of [
          ['long_reply', 7, LONG_ROWS],
          ['short_reply', 1, 1],
        ] as const) {
          const own = rowsOf(after, word);
          const counted = (['requests', 'calls', 'rows'] as const).map((name) => total(own, (row) => row[name]!));
          assert.deepEqual(counted, [times, times, times * each], word);
        }
        assert.equal(rows[0]?.dropped, 0);
      } finally {
        attribution.close();
      }
    });
  }
});
