/** One reading of the kernel's sums: what each query did since the watch began. */
import { Histogram, mergeRow } from '../../aggregate/index.ts';
import type { WatchedCluster } from './attribution.ts';
import type { Engine } from './engine.ts';
import type { SlotIdentity } from './statements.ts';

/** Fields of `struct query_counters`, all in ns but the counts. */
export type QueryCounter =
  | 'requests'
  | 'calls'
  | 'errors'
  | 'unsplit'
  | 'hidden'
  | 'latency'
  | 'latency_max'
  | 'on_cpu'
  | 'off_cpu'
  | 'run_queue'
  | 'start_delay'
  | 'shared_hit'
  | 'shared_read'
  | 'shared_dirtied'
  | 'shared_written'
  | 'temp_read'
  | 'temp_written'
  | 'wal_records'
  | 'wal_fpi'
  | 'wal_bytes';
export type QueryCounters = Readonly<Record<QueryCounter, number>>;

export interface QueryTotals {
  readonly cluster: WatchedCluster;
  readonly identity: SlotIdentity;
  readonly counters: Float64Array;
  readonly latency: Histogram;
}

/** A slot of program.bt as what it stands for; absent for slots that were never introduced. */
export type Identify = (slot: number) => { cluster: WatchedCluster; identity: SlotIdentity } | undefined;

export class Totals {
  /** Nanoseconds of the wall clock and of a clock that does not step. */
  readonly wallMs: number = Date.now();
  readonly monotonicMs: number = performance.now();
  readonly fields: readonly QueryCounter[];
  /** By cluster, database, user and statement. */
  readonly queries = new Map<string, QueryTotals>();
  /** Events lost so far, by every cause. */
  readonly dropped: number;

  constructor(engine: Engine, identify: Identify) {
    this.fields = engine.queries.fields as readonly QueryCounter[];
    const bySlot = new Map<number, QueryTotals>();
    engine.queries.read((key, offset, row) => {
      const slot = key.getUint32(offset, true);
      const found = identify(slot);
      if (found) bySlot.set(slot, this.#add(found.cluster, found.identity, row));
    });
    engine.latencies.read((key, offset, row) => {
      const query = bySlot.get(key.getUint32(offset, true));
      query?.latency.addBucket(key.getUint32(offset + 4, true), row[0]!);
    });
    this.dropped = Object.values(readDrops(engine)).reduce((sum, count) => sum + count, 0) + engine.lostStatements();
  }

  #add(cluster: WatchedCluster, identity: SlotIdentity, row: Float64Array): QueryTotals {
    const key = keyOf(cluster, identity);
    let totals = this.queries.get(key);
    if (!totals) {
      totals = { cluster, identity, counters: new Float64Array(this.fields.length), latency: new Histogram() };
      this.queries.set(key, totals);
    }
    mergeRow(rulesOf(this.fields), totals.counters, row);
    return totals;
  }
}

export const rulesOf = (fields: readonly QueryCounter[]): ('sum' | 'max')[] =>
  fields.map((field) => (field === 'latency_max' ? 'max' : 'sum'));

const keyOf = (cluster: WatchedCluster, { database, user, backendType, queryId, fingerprint }: SlotIdentity): string =>
  JSON.stringify([cluster.pgdata, database, user, backendType, queryId ?? `text ${fingerprint}`]);

function readDrops(engine: Engine): Record<string, number> {
  const drops: Record<string, number> = {};
  engine.drops.read((_key, _offset, row) => {
    engine.drops.fields.forEach((field, at) => {
      drops[field] = row[at]!;
    });
  });
  return drops;
}
