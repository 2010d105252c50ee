/** What a choice leaves in the kernel's maps: the attribution program beside a load, and every entry that it has made. */
import type { Cluster } from '../../src/cluster/index.ts';
import { PASSED, type StatementChoice } from '../../src/collect/attribution/choice.ts';
import { Engine, OTHERS } from '../../src/collect/attribution/engine.ts';
import { firstSight } from '../../src/collect/attribution/first-sight.ts';
import { kernelProfile } from '../../src/collect/attribution/profile.ts';
import type { KernelIdentity } from '../../src/collect/attribution/records.ts';
import { discoverClusters } from '../../src/postgres/discover/index.ts';

export interface KernelEntries {
  readonly identities: readonly KernelIdentity[];
  /** Slots in keys of any map that nobody named there has. */
  readonly strangers: readonly string[];
  /** Requests of all slots but that of what was passed over, and of that one. */
  readonly requests: number;
  readonly passed: number;
}

const BY_SLOT = ['@queries', '@parts', '@waits', '@latencies', '@failures', '@io', '@io_latencies'];

export async function entriesIn(
  { pgdata }: Cluster,
  choice: StatementChoice,
  load: () => Promise<void>,
): Promise<KernelEntries> {
  const signals = ['inner', 'resources', 'executions', 'io'] as const;
  const engine = await Engine.load(() => undefined, { signals, choice });
  try {
    await engine.attach();
    const cluster = discoverClusters().clusters.find((one) => one.pgdata === pgdata)!;
    const profile = kernelProfile(cluster, engine.ways);
    engine.setProfile(0, profile);
    engine.watch(cluster.pid, 0, 'postmaster');
    for (const { pid } of cluster.children) engine.watch(pid, 0, firstSight(pid, profile));
    await load();
    return read(engine);
  } finally {
    engine.close();
  }
}

function read(engine: Engine): KernelEntries {
  const named = [...engine.keyed('@identities')] as [KernelIdentity, { readonly slot: number }][];
  const slots = new Set([...named.map(([, { slot }]) => slot), OTHERS, PASSED]);
  const strangers: string[] = [];
  for (const map of BY_SLOT)
    engine.counters(map).readKernel((key, offset) => {
      const slot = key.getUint32(offset, true);
      if (!slots.has(slot) || (slot === PASSED && map !== '@queries')) strangers.push(`${map} ${slot}`);
    });
  let [requests, passed] = [0, 0];
  const column = engine.queries.fields.indexOf('requests');
  engine.queries.readKernel((key, offset, row) => {
    if (key.getUint32(offset, true) === PASSED) passed += row[column]!;
    else requests += row[column]!;
  });
  return { identities: named.map(([identity]) => identity), strangers, requests, passed };
}
