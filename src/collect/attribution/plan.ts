/** What watching would load and attach: found out by loading it and letting it go again, with nothing attached. */
import { PebbleError } from '../../base/errors.ts';
import { type DiscoveredCluster, discoverClusters } from '../../postgres/discover/index.ts';
import { type AttributionOptions, isWanted } from './attribution.ts';
import { Engine } from './engine.ts';
import { requireHost } from './host.ts';
import { type KernelWays, shortcomingOf } from './kernel.ts';
import { kernelProfile } from './profile.ts';

export interface AttributionPlan {
  readonly programs: readonly {
    readonly name: string;
    /** Of several, one after the other with commas between. */
    readonly hook: string;
    /** Of eBPF; and bytes of machine code. */
    readonly instructions: number;
    readonly bytes: number;
  }[];
  readonly maps: readonly {
    readonly name: string;
    readonly type: string;
    /** None of task storage, which grows with the watched processes. */
    readonly entries: number | null;
    /** Charged while it is empty. */
    readonly bytes: number;
  }[];
  /** All maps together may take so much when they are full. */
  readonly memoryBudget: number;
  readonly clusters: readonly PlannedCluster[];
  /** What cannot be seen on this kernel; null where everything can. */
  readonly shortcoming: string | null;
}

interface PlannedCluster {
  readonly pgdata: string;
  readonly major: number;
  readonly pid: number;
  /** Why it would not be watched. */
  readonly refused: string | null;
}

const INSTRUCTION_BYTES = 8;

export async function planAttribution(options: AttributionOptions): Promise<AttributionPlan> {
  requireHost();
  const engine = await Engine.load(() => {}, options);
  try {
    const { programs, maps } = engine.loaded;
    return {
      programs: [...Map.groupBy(programs, ({ program }) => program)].map(([program, hooks]) => {
        const { name, xlated_prog_len: length, jited_prog_len: bytes } = program.info();
        const hook = hooks.map((one) => one.hook).join(', ');
        return { name, hook, instructions: length / INSTRUCTION_BYTES, bytes };
      }),
      maps: maps.map((map) => {
        const { name, type, maxEntries } = map;
        return { name, type, entries: maxEntries === 0 ? null : maxEntries, bytes: map.chargedBytes() };
      }),
      memoryBudget: engine.memoryBudget,
      clusters: discoverClusters()
        .clusters.filter((cluster) => isWanted(cluster, options))
        .map((cluster) => planCluster(cluster, engine.ways)),
      shortcoming: shortcomingOf(engine.ways) ?? null,
    };
  } finally {
    engine.close();
  }
}

function planCluster(cluster: DiscoveredCluster, ways: KernelWays): PlannedCluster {
  const { pgdata, major, pid } = cluster;
  try {
    kernelProfile(cluster, ways);
    return { pgdata, major, pid, refused: null };
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    return { pgdata, major, pid, refused: error.what };
  }
}
