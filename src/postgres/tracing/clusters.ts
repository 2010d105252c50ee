/** The clusters that a script traces, and the language's way to tell them apart: by a process's parent. */
import { PebbleError } from '../../base/errors.ts';
import { type DiscoveredCluster, discoverClusters, profileOf } from '../discover/index.ts';
import type { Profile } from '../layout/index.ts';

export interface TracedCluster extends DiscoveredCluster {
  readonly profile: Profile;
  /** Of the server's program, by a name that works from here. */
  readonly binary: string;
}

/** Without either: every cluster of this host. */
export interface ClusterChoice {
  /** Data directories. */
  readonly pgdata?: readonly string[];
  /** A postmaster, or one of its children. */
  readonly pid?: number;
}

const DOING = 'looking for the PostgreSQL to trace';

export function chooseClusters({ pgdata, pid }: ClusterChoice): TracedCluster[] {
  const { clusters, hidden } = discoverClusters();
  const wanted = clusters.filter(
    (cluster) =>
      (pgdata === undefined || pgdata.some((path) => cluster.pgdata === path.replace(/(?<=.)\/+$/, ''))) &&
      (pid === undefined || cluster.pid === pid || cluster.children.some((child) => child.pid === pid)),
  );
  const traced = wanted.flatMap((cluster) => {
    const profile = profileIfRunning(cluster);
    return profile ? [{ ...cluster, profile, binary: cluster.exePath }] : [];
  });
  if (traced.length === 0) throw noCluster({ pgdata, pid }, clusters, hidden.length);
  return traced;
}

/** Nothing for a server that has ended since it was found: that it did is no reason not to trace the others. */
function profileIfRunning(cluster: DiscoveredCluster): Profile | undefined {
  try {
    return profileOf(cluster);
  } catch (error) {
    if (error instanceof PebbleError && error.code === 'no-target') return undefined;
    throw error;
  }
}

/** The one program of the clusters chosen: what uprobes are attached to. */
export function serverBinary(choice: ClusterChoice): string {
  const clusters = chooseClusters(choice);
  const [binary, ...others] = new Set(clusters.map((cluster) => cluster.binary));
  if (others.length === 0) return binary!;
  throw new PebbleError('usage', {
    doing: DOING,
    what: `${others.length + 1} different servers run here`,
    hint: `choose one: ${clusters.map(({ pgdata }) => `--pgdata ${pgdata}`).join(', ')}`,
  });
}

function noCluster(
  { pgdata, pid }: { readonly pgdata: readonly string[] | undefined; readonly pid: number | undefined },
  clusters: readonly DiscoveredCluster[],
  hidden: number,
): PebbleError {
  const which = pgdata !== undefined ? ` in ${pgdata.join(' or ')}` : pid !== undefined ? ` with process ${pid}` : '';
  const others = clusters.map((cluster) => `${cluster.pgdata} (process ${cluster.pid})`);
  const hint =
    hidden > 0
      ? `${hidden} processes look like PostgreSQL but may not be examined: run as root`
      : others.length > 0
        ? `these run: ${others.join(', ')}`
        : 'start it first: a script is compiled for the servers that run';
  return new PebbleError('no-target', { doing: DOING, what: `no PostgreSQL runs here${which}`, hint });
}

/** One expression for every cluster, or one for each: `$p == 71 ? … : …`. */
export function byCluster(clusters: readonly TracedCluster[], expression: (cluster: TracedCluster) => string): string {
  const [first, ...rest] = clusters;
  const own = expression(first!);
  if (rest.every((cluster) => expression(cluster) === own)) return own;
  return `if (pg.postmaster == ${first!.pid}) { ${own} } else { ${byCluster(rest, expression)} }`;
}
