/** The last minutes in memory, finer than history keeps them: what live pages ask for every second. */
import { type Histogram, mergeField, mergeRow } from '../aggregate/index.ts';
import { groupingOf } from './grouping.ts';
import { countersOf, KINDS, type KindName, rulesOf, textsAt } from './kinds.ts';
import { isMostlyIn } from './range.ts';
import type {
  Covered,
  Interval,
  QueryText,
  Sample,
  Series,
  StepsRequest,
  Store,
  StoredRecord,
  StoreState,
  Summed,
  SumRequest,
} from './store.ts';

export interface RecentOptions {
  readonly keepMs?: number;
  /** Intervals are added together until they are as long as this; and as `coarseMs` where they have many samples. */
  readonly fineMs?: number;
  readonly coarseMs?: number;
  /** A bound for memory: the oldest are dropped for it. */
  readonly mostSamples?: number;
}

const MANY_SAMPLES = 200;

/** A sum of one series; its identity is kept once, however many slices have it. */
interface Held {
  readonly values: Float64Array;
  readonly histogram: Histogram | undefined;
  /** It is a sample as it came, which is its maker's, too. */
  readonly isLent: boolean;
}

/** Consecutive intervals of one host. */
interface Slice {
  readonly host: string;
  readonly fromMs: number;
  toMs: number;
  readonly covered: { observedUs: number; coverage: Covered['coverage']; dropped: number };
  readonly held: ReadonlyMap<KindName, Map<number, Held>>;
}

const KIND_LIST = Object.keys(KINDS) as KindName[];

export class RecentStore implements Store {
  readonly #keepMs: number;
  readonly #fineMs: number;
  readonly #coarseMs: number;
  readonly #mostSamples: number;
  readonly #ids = new Map<string, number>();
  /** The same of series that come as the same object again. */
  #idsByObject = new WeakMap<Series, number>();
  readonly #series: Series[] = [];
  /** Names that no slice has any more are dropped by then: looking for them costs as much as there are. */
  #mostSeries = MANY_SAMPLES;
  readonly #texts = new Map<string, QueryText>();
  /** Oldest first. */
  #slices: Slice[] = [];

  constructor({ keepMs = 15 * 60_000, fineMs = 2000, coarseMs = 10_000, mostSamples = 30_000 }: RecentOptions = {}) {
    this.#keepMs = keepMs;
    this.#fineMs = fineMs;
    this.#coarseMs = coarseMs;
    this.#mostSamples = mostSamples;
  }

  /** Before it nothing is known here. */
  get oldestMs(): number | undefined {
    return this.#slices[0]?.fromMs;
  }

  async append(interval: Interval): Promise<void> {
    const { host, startMs, durationUs, coverage, dropped } = interval;
    const slice = this.#sliceFor(host, startMs);
    slice.toMs = Math.max(slice.toMs, startMs + durationUs / 1000);
    slice.covered.observedUs += durationUs;
    slice.covered.dropped += dropped;
    slice.covered.coverage = worse(slice.covered.coverage, coverage);
    for (const kind of KIND_LIST) {
      for (const sample of interval.samples[kind] ?? []) {
        addTo(slice.held.get(kind)!, kind, this.#idOf(kind, sample.series), sample);
      }
    }
    for (const [fingerprint, text] of interval.texts) this.#texts.set(fingerprint, text);
    this.#forget(slice.toMs);
  }

  async sum(request: SumRequest): Promise<Summed> {
    const slices = this.#within(request.range);
    const { fromMs, toMs } = request.range;
    return this.#add(request, new Groups(request), slices, {
      fromMs: slices[0]?.fromMs ?? fromMs,
      toMs: slices.at(-1)?.toMs ?? toMs,
    });
  }

  async steps(request: StepsRequest): Promise<readonly Summed[]> {
    const groups = new Map<number, Slice[]>();
    for (const slice of this.#within(request.range)) {
      const step = Math.floor(slice.fromMs / request.stepMs) * request.stepMs;
      groups.set(step, [...(groups.get(step) ?? []), slice]);
    }
    const series = new Groups(request);
    return [...groups].map(([step, slices]) =>
      this.#add(request, series, slices, { fromMs: step, toMs: step + request.stepMs }),
    );
  }

  async records(): Promise<readonly StoredRecord[]> {
    return [];
  }

  async texts(fingerprints: Iterable<string>): Promise<ReadonlyMap<string, QueryText>> {
    const found = new Map<string, QueryText>();
    for (const fingerprint of fingerprints) {
      const text = this.#texts.get(fingerprint);
      if (text) found.set(fingerprint, text);
    }
    return found;
  }

  async state(): Promise<StoreState> {
    const [oldest, newest] = [this.#slices[0], this.#slices.at(-1)];
    return {
      url: 'memory:',
      bytes: 0,
      oldestMs: oldest?.fromMs ?? null,
      newestMs: newest?.toMs ?? null,
      trouble: null,
      pending: 0,
      lost: 0,
    };
  }

  async maintain(): Promise<void> {}

  async close(): Promise<void> {}

  /** The open one of this host while it is short enough, else a new one. */
  #sliceFor(host: string, startMs: number): Slice {
    const open = this.#slices.findLast((slice) => slice.host === host);
    if (open) {
      const lengthMs = sizeOf(open) > MANY_SAMPLES ? this.#coarseMs : this.#fineMs;
      // On a grid, so that steps of an answer have no holes where a slice began a moment later than its neighbour ended.
      if (Math.floor(startMs / lengthMs) === Math.floor(open.fromMs / lengthMs)) return open;
    }
    const slice: Slice = {
      host,
      fromMs: startMs,
      toMs: startMs,
      covered: { observedUs: 0, coverage: 'exact', dropped: 0 },
      held: new Map(KIND_LIST.map((kind) => [kind, new Map()])),
    };
    this.#slices.push(slice);
    return slice;
  }

  #forget(nowMs: number): void {
    let samples = 0;
    const first = this.#slices.findLastIndex((slice) => {
      samples += sizeOf(slice);
      return samples > this.#mostSamples || slice.toMs < nowMs - this.#keepMs;
    });
    if (first >= 0 && first < this.#slices.length - 1) this.#slices = this.#slices.slice(first + 1);
    if (this.#series.length <= this.#mostSeries) return;
    this.#forgetSeries();
    this.#mostSeries = 2 * this.#series.length + MANY_SAMPLES;
  }

  /** Statements come and go. */
  #forgetSeries(): void {
    const old = this.#series.splice(0);
    this.#ids.clear();
    this.#idsByObject = new WeakMap();
    const fingerprints = new Set<string | null | undefined>();
    this.#slices = this.#slices.map((slice) => {
      const held = [...slice.held].map(([kind, sums]) => {
        const renumbered = [...sums].map(([id, one]) => {
          for (const at of textsAt(kind)) fingerprints.add(old[id]![at]);
          return [this.#idOf(kind, old[id]!), one] as const;
        });
        return [kind, new Map(renumbered)] as const;
      });
      return { ...slice, held: new Map(held) };
    });
    for (const fingerprint of this.#texts.keys()) if (!fingerprints.has(fingerprint)) this.#texts.delete(fingerprint);
  }

  #idOf(kind: KindName, series: Series): number {
    const known = this.#idsByObject.get(series);
    if (known !== undefined) return known;
    const key = `${kind}${JSON.stringify(series)}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#series.push(series) - 1;
      this.#ids.set(key, id);
    }
    this.#idsByObject.set(series, id);
    return id;
  }

  #within(range: SumRequest['range']): Slice[] {
    return this.#slices.filter((slice) => isMostlyIn(slice, range));
  }

  #add({ kind, counters }: SumRequest, group: Groups, slices: readonly Slice[], range: Summed['range']): Summed {
    const rules = rulesOf(kind);
    const places = counters?.map((name) => countersOf(kind).indexOf(name)) ?? rules.map((_, at) => at);
    const sums = new Map<string, { series: Series; values: Float64Array; histogram: Histogram | undefined }>();
    for (const slice of slices) {
      for (const [id, held] of slice.held.get(kind)!) {
        const found = group.of(id, this.#series[id]!);
        if (!found) continue;
        const sum = sums.get(found.key);
        if (sum) {
          for (const at of places) mergeField(rules[at]!, sum.values, held.values, at);
          if (held.histogram) sum.histogram?.merge(held.histogram);
        } else {
          const { series, key } = found;
          sums.set(key, {
            series,
            values: held.values.slice(),
            histogram: counters ? undefined : held.histogram?.clone(),
          });
        }
      }
    }
    const samples = [...sums.values()].map(({ histogram, ...sample }) => ({
      ...sample,
      ...(histogram && { histogram }),
    }));
    return { range, covered: coveredBy(slices), samples };
  }
}

/** Which sum a series belongs to: worked out once a series. */
class Groups {
  readonly #known = new Map<number, { readonly key: string; readonly series: Series } | undefined>();
  readonly #grouping: (series: Series) => Series | undefined;

  constructor(request: SumRequest) {
    this.#grouping = groupingOf(request);
  }

  of(id: number, series: Series): { readonly key: string; readonly series: Series } | undefined {
    if (!this.#known.has(id)) this.#known.set(id, this.#groupOf(series));
    return this.#known.get(id);
  }

  #groupOf(series: Series): { readonly key: string; readonly series: Series } | undefined {
    const kept = this.#grouping(series);
    return kept && { key: JSON.stringify(kept), series: kept };
  }
}

function addTo(held: Map<number, Held>, kind: KindName, id: number, { values, histogram }: Sample): void {
  const known = held.get(id);
  if (!known) {
    held.set(id, { values, histogram, isLent: true });
    return;
  }
  const sum = known.isLent ? ownOf(known) : known;
  held.set(id, sum);
  mergeRow(rulesOf(kind), sum.values, values);
  if (histogram) sum.histogram?.merge(histogram);
}

const ownOf = ({ values, histogram }: Held): Held => ({
  values: values.slice(),
  histogram: histogram?.clone(),
  isLent: false,
});

function sizeOf({ held }: Slice): number {
  let size = 0;
  for (const one of held.values()) size += one.size;
  return size;
}

const ORDER: readonly Covered['coverage'][] = ['exact', 'partial', 'sampled'];
const worse = (a: Covered['coverage'], b: Covered['coverage']): Covered['coverage'] =>
  ORDER[Math.max(ORDER.indexOf(a), ORDER.indexOf(b))]!;

function coveredBy(slices: readonly Slice[]): Map<string, Covered> {
  const covered = new Map<string, Covered>();
  for (const { host, covered: one } of slices) {
    const sum = covered.get(host) ?? { observedUs: 0, coverage: 'exact' as const, dropped: 0 };
    covered.set(host, {
      observedUs: sum.observedUs + one.observedUs,
      coverage: worse(sum.coverage, one.coverage),
      dropped: sum.dropped + one.dropped,
    });
  }
  return covered;
}
