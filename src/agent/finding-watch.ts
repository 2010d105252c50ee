/** Draws findings from the last minutes, and remembers since when each is so. */
import { availableParallelism } from 'node:os';
import { type Conclusion, findingsOf, type Situation } from '../aggregate/findings/index.ts';
import type { Finding, LockRow } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import type { Store, StoredRecord, TimeRange } from '../store/index.ts';
import type { Feed } from './feed.ts';
import { History } from './history.ts';

/** What a finding is drawn from. */
const WINDOW_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
/** Lock rows of the window, at most: the longest waits. */
const MOST_LOCKS = 2000;

interface Known {
  readonly sinceMs: number;
}

export class FindingWatch {
  readonly #host: string;
  readonly #history: History;
  readonly #feed: Pick<Feed, 'catalogs' | 'machine'>;
  /** By cluster and rule. */
  #known = new Map<string, Known>();
  #locks: { readonly atMs: number; readonly row: LockRow }[] = [];

  constructor(host: string, store: Store, feed: Pick<Feed, 'catalogs' | 'machine'>) {
    this.#host = host;
    this.#feed = feed;
    this.#history = new History(store);
  }

  addLocks(rows: readonly LockRow[], nowMs: number): void {
    const fresh = rows.map((row) => ({ atMs: nowMs, row }));
    const kept = [...this.#locks, ...fresh].filter(({ atMs }) => atMs > nowMs - WINDOW_MS && atMs <= nowMs);
    this.#locks =
      kept.length <= MOST_LOCKS ? kept : kept.sort((a, b) => b.row.wait_us - a.row.wait_us).slice(0, MOST_LOCKS);
  }

  /** What is so now, as records that replace those of the last time where it has been so since. */
  async look(nowMs: number): Promise<StoredRecord[]> {
    const range = { fromMs: nowMs - WINDOW_MS, toMs: nowMs };
    const situations = await this.#situations(range);
    const known = new Map<string, Known>();
    const records = situations.flatMap(([cluster, situation]) =>
      findingsOf(situation).map((conclusion) => {
        const key = `${cluster} ${conclusion.id}`;
        const { sinceMs } = this.#known.get(key) ?? { sinceMs: range.fromMs };
        known.set(key, { sinceMs });
        return this.#record(cluster, conclusion, sinceMs, nowMs);
      }),
    );
    this.#known = known;
    return records;
  }

  async #situations(range: TimeRange): Promise<[string, Situation][]> {
    const earlier = { fromMs: range.fromMs - DAY_MS, toMs: range.toMs - DAY_MS };
    const where = { host: this.#host };
    const [queries, waits, before] = [
      await this.#history.queryCounts(range, where),
      (await this.#history.waits(range, where)).rows,
      await this.#history.queryCounts(earlier, where),
    ];
    const clusters = [...new Set(queries.map(({ cluster }) => cluster))];
    return clusters.map((cluster) => {
      const isOwn = (row: { readonly cluster: string }): boolean => row.cluster === cluster;
      const own = queries.filter(isOwn);
      const situation: Situation = {
        cpus: availableParallelism(),
        observedUs: own[0]!.window_us,
        queries: own,
        waits: waits.filter(isOwn),
        locks: this.#locks.map(({ row }) => row).filter(isOwn),
        earlier: before.filter(isOwn),
        machine: this.#feed.machine?.facts(),
        catalog: this.#feed.catalogs?.span(cluster),
      };
      return [cluster, situation];
    });
  }

  #record(
    cluster: string,
    conclusion: Conclusion & { readonly id: string },
    sinceMs: number,
    nowMs: number,
  ): StoredRecord {
    const { id, queries, ...words } = conclusion;
    const body: Finding = {
      id,
      host: this.#host,
      cluster,
      since: rfc3339(sinceMs),
      until: rfc3339(nowMs),
      ...words,
      queries: queries.map(({ fingerprint, query_id, query }) => ({ fingerprint, query_id, query })),
    };
    return { kind: 'finding', host: this.#host, cluster, id: `${id} ${sinceMs}`, fromMs: sinceMs, toMs: nowMs, body };
  }
}
