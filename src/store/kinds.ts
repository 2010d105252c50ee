/** What history keeps: for each kind of series, what identifies one, and which counters it has. A new kind is a row here. */
import type { FieldRule } from '../aggregate/index.ts';

export interface Kind {
  /** Names of the parts of a series' identity, in the order of `Series`. */
  readonly identity: readonly string[];
  /** Counters in the order of `Sample.values`; times in whole µs. A `sum` adds, a `max` keeps the largest. */
  readonly counters: Readonly<Record<string, FieldRule>>;
  /** Counters that are close to the sum of others, which lets a store keep them in less room. */
  readonly near?: Readonly<Record<string, readonly string[]>>;
  /** What the histogram of a sample counts, in ns; null where samples have none. */
  readonly histogram: string | null;
}

/** Of clusters, databases and users. */
const WHO = ['host', 'cluster', 'system_identifier', 'database', 'user'] as const;
/** Of statements and background processes. */
const DOER = [...WHO, 'backend_type', 'query_id', 'fingerprint'] as const;

export const KINDS = {
  queries: {
    identity: [...WHO, 'query_id', 'fingerprint'],
    counters: {
      requests: 'sum',
      calls: 'sum',
      errors: 'sum',
      /** Requests of several statements, and those whose protocol was not visible: they make fields inexact. */
      unsplit: 'sum',
      joint: 'sum',
      hidden: 'sum',
      latency: 'sum',
      /** 0 where the longest is not known, as in what earlier Pebbles wrote: then `max_unknown` is 1. */
      latency_max: 'max',
      max_unknown: 'sum',
      on_cpu: 'sum',
      off_cpu: 'sum',
      run_queue: 'sum',
      start_delay: 'sum',
      /** Part of run_queue; requests on a kernel that does not tell. */
      throttled: 'sum',
      throttle_unseen: 'sum',
      shared_hit: 'sum',
      shared_read: 'sum',
      shared_dirtied: 'sum',
      shared_written: 'sum',
      temp_read: 'sum',
      temp_written: 'sum',
      wal_records: 'sum',
      wal_fpi: 'sum',
      wal_bytes: 'sum',
      commits: 'sum',
      parallel_on_cpu: 'sum',
      parallel_off_cpu: 'sum',
      parallel_run_queue: 'sum',
      /** Requests of which the rest is known; of them those without their temporary files. */
      measured: 'sum',
      rows: 'sum',
      received: 'sum',
      sent: 'sum',
      temp_files: 'sum',
      temp_bytes: 'sum',
      temp_unseen: 'sum',
      major_faults: 'sum',
      memory_grown: 'sum',
      memory_kept: 'sum',
      memory_max: 'max',
      /** Requests whose phases are known: CPU time by a clock. */
      phased: 'sum',
      prepare: 'sum',
      execute: 'sum',
      commit: 'sum',
    },
    near: { requests: ['calls'], latency: ['on_cpu', 'off_cpu', 'run_queue'] },
    histogram: 'latency',
  },
  /** Failed executions by SQLSTATE; null where it is not known. */
  failures: {
    identity: [...WHO, 'query_id', 'fingerprint', 'sqlstate'],
    counters: { count: 'sum' },
    histogram: null,
  },
  waits: {
    /** `inner_fingerprint`: of what a function, trigger or foreign-key check executed in the statement. */
    identity: [...DOER, 'wait_event_type', 'wait_event', 'inner_fingerprint'],
    counters: { total: 'sum', count: 'sum', max: 'max', max_unknown: 'sum' },
    histogram: 'wait',
  },
  /** Session time by what it was spent on, the sum of the two above: small, so that a chart of a month is quick. */
  load: {
    identity: ['host', 'cluster', 'class'],
    counters: { total: 'sum' },
    histogram: null,
  },
  /** Sessions' time and requests by who asked; the application '' gave itself no name, the client `local` is a Unix socket. */
  clients: {
    identity: [...WHO, 'application', 'client'],
    counters: { requests: 'sum', on_cpu: 'sum', off_cpu: 'sum', run_queue: 'sum' },
    histogram: null,
  },
  /** Requests to block devices by whom they were for; the same by file; and those of everything else on the host. */
  io: {
    identity: [...DOER, 'device', 'operation'],
    counters: { count: 'sum', bytes: 'sum', by_workers: 'sum', total: 'sum', max: 'max', max_unknown: 'sum' },
    histogram: 'latency',
  },
  io_files: {
    identity: [...DOER, 'path', 'device', 'operation'],
    counters: { count: 'sum', bytes: 'sum' },
    histogram: null,
  },
  io_others: {
    identity: ['host', 'process', 'deferred', 'device', 'operation'],
    counters: { count: 'sum', bytes: 'sum', total: 'sum' },
    histogram: null,
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof KINDS;
export type CounterName<K extends KindName> = keyof (typeof KINDS)[K]['counters'] & string;
export type IdentityName<K extends KindName> = (typeof KINDS)[K]['identity'][number];

export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[];

/** Parts that name a text. */
const TEXTS: readonly string[] = ['fingerprint', 'inner_fingerprint'];

/** Where they stand in a kind's series. */
export const textsAt = (kind: KindName): readonly number[] =>
  KINDS[kind].identity.flatMap((name, at) => (TEXTS.includes(name) ? [at] : []));

/** Looked up for every number of every row: worked out once. */
const COUNTERS = Object.fromEntries(KIND_NAMES.map((kind) => [kind, Object.keys(KINDS[kind].counters)]));
const RULES = Object.fromEntries(KIND_NAMES.map((kind) => [kind, Object.values(KINDS[kind].counters)]));

export const countersOf = (kind: KindName): readonly string[] => COUNTERS[kind]!;

export const rulesOf = (kind: KindName): readonly FieldRule[] => RULES[kind]! as readonly FieldRule[];

/** Where a counter stands in `Sample.values`. */
export const counterAt = <K extends KindName>(kind: K, name: CounterName<K>): number => COUNTERS[kind]!.indexOf(name);

/** Where a part stands in `Sample.series`. */
export const identityAt = <K extends KindName>(kind: K, name: IdentityName<K>): number =>
  (KINDS[kind].identity as readonly string[]).indexOf(name);

/** The same for a name that is not known to be one of the kind's; -1 where it is not. */
export const partAt = (kind: KindName, name: string): number =>
  (KINDS[kind].identity as readonly string[]).indexOf(name);
