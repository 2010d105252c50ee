/** Findings of a window, drawn when they are asked for: the same rules as the agent's, over whatever range the reader looks at. */
import { type Feed, History } from '../../agent/index.ts';
import { findingsOf, type Situation } from '../../aggregate/findings/index.ts';
import type { Finding, LockRow, QueryRow, RowsAnswer } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import { type Filter, identityAt, type Store, type Summed, type TimeRange } from '../../store/index.ts';
import { filterOf, type Question } from '../question.ts';

export interface FindingSources {
  readonly store: Store;
  /** What knows of the day before. */
  readonly history?: Store | undefined;
  readonly locks: readonly LockRow[];
  readonly cpus: number;
  /** What PostgreSQL says of itself, and the machine around it, for a range that ends now. */
  readonly catalogs?: Feed['catalogs'];
  readonly machine?: Feed['machine'];
}

const DAY_MS = 86_400_000;

/** Hosts whose findings are drawn at once, those with the most load: more are for who chooses one. */
const MOST_HOSTS = 20;

/** Other facets would make a whole of a part. */
export async function findingsAnswer(
  sources: FindingSources,
  { range, facets }: Question,
): Promise<RowsAnswer<Finding>> {
  const where = filterOf(facets, ['host', 'cluster']);
  const load = await sources.store.sum({ kind: 'load', range, where, by: ['host'] });
  if (load.covered.size === 0) return { missing: 'Nothing was watched in this window.' };
  const found = await Promise.all(busiest(load).map((host) => findingsOn(host, sources, range, where)));
  const { fromMs, toMs } = load.range;
  const window_us = (toMs - fromMs) * 1000;
  const window = { window_start: rfc3339(fromMs), window_us, coverage: 'exact' as const, dropped: 0 };
  return { missing: null, window, rows: found.flat() };
}

function busiest({ samples }: Summed): string[] {
  const sorted = samples.toSorted((a, b) => b.values[0]! - a.values[0]!);
  return sorted.flatMap(({ series }) => series[identityAt('load', 'host')] ?? []).slice(0, MOST_HOSTS);
}

async function findingsOn(host: string, sources: FindingSources, range: TimeRange, filter: Filter): Promise<Finding[]> {
  const where = { ...filter, host };
  const history = new History(sources.store);
  const queries = await history.queries(range, where);
  const waits = await history.waits(range, where);
  const before = { fromMs: range.fromMs - DAY_MS, toMs: range.toMs - DAY_MS };
  const earlier = sources.history ? (await new History(sources.history).queries(before, where)).rows : [];
  const clusters = [...new Set(queries.rows.map(({ cluster }) => cluster))];
  return clusters.flatMap((cluster) => {
    const isOwn = (row: { readonly cluster: string }): boolean => row.cluster === cluster;
    const own: readonly QueryRow[] = queries.rows.filter(isOwn);
    const situation: Situation = {
      cpus: sources.cpus,
      observedUs: own[0]!.window_us,
      queries: own,
      waits: waits.rows.filter(isOwn),
      locks: sources.locks.filter(isOwn),
      earlier: earlier.filter(isOwn),
      machine: sources.machine?.facts(),
      catalog: sources.catalogs?.span(cluster),
    };
    return findingsOf(situation).map(({ queries: about, ...conclusion }) => ({
      host,
      cluster,
      since: queries.from,
      until: queries.to,
      ...conclusion,
      queries: about.map(({ fingerprint, query_id, query }) => ({ fingerprint, query_id, query })),
    }));
  });
}
