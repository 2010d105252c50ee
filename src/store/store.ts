/** The interface of history: what an agent appends every few seconds, and what is asked of it. */
import type { Histogram } from '../aggregate/index.ts';
import type { KindName } from './kinds.ts';
import type { Retention } from './retention.ts';

/**
 * Identity of a series, in the order of its kind's `identity`; null for what is not known. An object belongs to one kind, and
 * does not change: stores know it again by itself.
 */
export type Series = readonly (string | null)[];

/** What one series did in some time. Stores may keep it as it is: nobody changes what was appended. */
export interface Sample {
  readonly series: Series;
  /** In the order of its kind's `counters`. */
  readonly values: Float64Array;
  readonly histogram?: Histogram;
}

export interface QueryText {
  readonly text: string;
  /** PostgreSQL cut it at track_activity_query_size. */
  readonly truncated: boolean;
}

export type RecordKind = 'execution' | 'lock' | 'profile' | 'finding' | 'event';

/** Something that happened, as a document: few of them, each with its own time. */
export interface StoredRecord {
  readonly kind: RecordKind;
  readonly host: string;
  readonly cluster: string;
  /** When it began, and when it ended; the same for moments. */
  readonly fromMs: number;
  readonly toMs: number;
  /** A later record with the same kind, host, cluster and id replaces this one. */
  readonly id: string;
  readonly body: object;
}

export type Coverage = 'exact' | 'partial' | 'sampled';

/** Worst last: an interval is as good as its worst part. */
export const COVERAGES: readonly Coverage[] = ['exact', 'partial', 'sampled'];

/** Everything that one host's agent saw between two flushes. */
export interface Interval {
  readonly host: string;
  /** By the wall clock, which may step; the duration is of a clock that does not. */
  readonly startMs: number;
  readonly durationUs: number;
  readonly coverage: Coverage;
  readonly dropped: number;
  readonly samples: { readonly [K in KindName]?: readonly Sample[] };
  /** By fingerprint; those that the store has already need not be there. */
  readonly texts: ReadonlyMap<string, QueryText>;
  readonly records: readonly StoredRecord[];
}

/** From inclusive, to exclusive. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What was observed of a range: the whole of it only where an agent ran all the time. */
export interface Covered {
  readonly observedUs: number;
  readonly coverage: Coverage;
  readonly dropped: number;
}

/** Only series whose named parts are these. */
export type Filter = Readonly<Record<string, string | null>>;

export interface SumRequest {
  readonly kind: KindName;
  readonly range: TimeRange;
  readonly where?: Filter;
  /** Series that differ only in parts that are not named here are added; their other parts are null. All parts count unless given. */
  readonly by?: readonly string[];
  /** Other values of this part are added together, as null: thousands of statements are few series then. */
  readonly apart?: { readonly part: string; readonly values: readonly string[] };
  /** Only series in which these parts are known. */
  readonly known?: readonly string[];
  /** Only these are wanted, and no histograms: much less is read. The answer's other counters say nothing. */
  readonly counters?: readonly string[];
  /** Histograms of few samples will be wanted: a store may leave them to `withHistograms` of its answer. */
  readonly fewHistograms?: true;
}

export interface Summed {
  /** What was asked for, on the grid of what is still stored: old moments are known only by the minute, the hour, the day. */
  readonly range: TimeRange;
  /** By host. */
  readonly covered: ReadonlyMap<string, Covered>;
  readonly samples: readonly Sample[];
  /** Where the store has left them out: the same samples, of this answer, with theirs. */
  readonly withHistograms?: (samples: readonly Sample[]) => readonly Sample[];
}

export interface StepsRequest extends SumRequest {
  /** Steps begin at its multiples; the answer's are longer where the range is known only in longer ones. */
  readonly stepMs: number;
}

export interface RecordsRequest {
  readonly kind: RecordKind;
  /** Those that overlap it. */
  readonly range: TimeRange;
  readonly host?: string;
  readonly cluster?: string;
  /** The latest ones. */
  readonly limit?: number;
}

export interface StoreState {
  /** As in --store. */
  readonly url: string;
  readonly bytes: number;
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
  /** Why what is appended is not being kept just now; null when all is well. */
  readonly trouble: string | null;
  /** Intervals that wait to be written, and those given up so far. */
  readonly pending: number;
  readonly lost: number;
}

export interface Store {
  /** Kept when this resolves. While the store cannot write it keeps the newest intervals in memory, within its bound, and `state` says so. */
  append(interval: Interval): Promise<void>;
  /** One sample a series for the whole range. */
  sum(request: SumRequest): Promise<Summed>;
  /** The same for each step of the range that has any, oldest first. */
  steps(request: StepsRequest): Promise<readonly Summed[]>;
  /** Latest first. */
  records(request: RecordsRequest): Promise<readonly StoredRecord[]>;
  texts(fingerprints: Iterable<string>): Promise<ReadonlyMap<string, QueryText>>;
  state(): Promise<StoreState>;
  /** Rolls up and deletes what is old at `agedMs`, `nowMs` unless given; called now and then by whoever appends. */
  maintain(nowMs: number, agedMs?: number): Promise<void>;
  /** Another retention from now on; absent where the store's own server keeps it. */
  retain?(retention: Retention): void;
  close(): Promise<void>;
}
