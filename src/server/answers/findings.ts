/** Findings of a window, drawn when they are asked for: the same rules as the agent's, over whatever range the reader looks at. */
import { type Feed, History } from '../../agent/index.ts';
import { findingsOf, type Situation } from '../../aggregate/findings/index.ts';
import type { Finding, LockRow, QueryRow, RowsAnswer } from '../../api/index.ts';
import type { Store } from '../../store/index.ts';
import { filterOf, type Question } from '../question.ts';

export interface FindingSources {
  readonly store: Store;
  /** What knows of the day before. */
  readonly history?: Store | undefined;
  readonly locks: readonly LockRow[];
  readonly cpus: number;
  readonly host: string;
  /** What PostgreSQL says of itself, and the machine around it, for a range that ends now. */
  readonly catalogs?: Feed['catalogs'];
  readonly machine?: Feed['machine'];
}

const DAY_MS = 86_400_000;

/** Other facets would make a whole of a part. */
export async function findingsAnswer(
  sources: FindingSources,
  { range, facets }: Question,
): Promise<RowsAnswer<Finding>> {
  const where = filterOf(facets, ['host', 'cluster']);
  const history = new History(sources.store);
  const queries = await history.queries(range, where);
  if (queries.observed_us === 0) return { missing: 'Nothing was watched in this window.' };
  const waits = await history.waits(range, where);
  const before = { fromMs: range.fromMs - DAY_MS, toMs: range.toMs - DAY_MS };
  const earlier = sources.history ? (await new History(sources.history).queries(before, where)).rows : [];
  const clusters = [...new Set(queries.rows.map(({ cluster }) => cluster))];
  const rows = clusters.flatMap((cluster) => {
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
      host: sources.host,
      cluster,
      since: queries.from,
      until: queries.to,
      ...conclusion,
      queries: about.map(({ fingerprint, query_id, query }) => ({ fingerprint, query_id, query })),
    }));
  });
  const window_us = (Date.parse(queries.to) - Date.parse(queries.from)) * 1000;
  return { missing: null, window: { window_start: queries.from, window_us, coverage: 'exact', dropped: 0 }, rows };
}
