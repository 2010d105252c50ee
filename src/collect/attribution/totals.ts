/** One reading of the kernel's sums: what each query did and waited for since the watch began, with what has not ended yet. */
import { type FieldRule, Histogram, mergeRow, Slab } from '../../aggregate/index.ts';
import type { OnOctave } from '../reading.ts';
import type { WatchedCluster } from './attribution.ts';
import type { Clients, ClientTotals } from './clients.ts';
import { doerKey, isSameDoer, isWorker } from './doer.ts';
import type { Engine } from './engine.ts';
import { readFailures } from './failures.ts';
import type { Inner } from './inner.ts';
import { shortcomingOf } from './kernel.ts';
import { Octaves } from './octaves.ts';
import type { Peaks } from './peaks.ts';
import type { SlotIdentity } from './statements.ts';
import type { Underway, UnderwayWait } from './underway.ts';
import { readWakers, type Wakers } from './wakers.ts';

/** Fields of `struct query_counters`, times in ns; then those of parallel workers, which the kernel keeps under slots of their own. */
export const QUERY_COUNTERS = [
  'requests',
  'calls',
  'errors',
  'unsplit',
  'joint',
  'hidden',
  'latency',
  'latency_max',
  'on_cpu',
  'off_cpu',
  'run_queue',
  'start_delay',
  'throttled',
  'throttle_unseen',
  'shared_hit',
  'shared_read',
  'shared_dirtied',
  'shared_written',
  'temp_read',
  'temp_written',
  'wal_records',
  'wal_fpi',
  'wal_bytes',
  'commits',
  'measured',
  'rows',
  'received',
  'sent',
  'temp_files',
  'temp_bytes',
  'temp_unseen',
  'major_faults',
  'memory_grown',
  'memory_kept',
  'memory_max',
  'phased',
  'prepare',
  'execute',
  'commit',
  'parallel_on_cpu',
  'parallel_off_cpu',
  'parallel_run_queue',
] as const;
export type QueryCounter = (typeof QUERY_COUNTERS)[number];
export const QUERY_RULES: readonly FieldRule[] = QUERY_COUNTERS.map((name) => (name.endsWith('_max') ? 'max' : 'sum'));

/** Those in ns. */
export const QUERY_TIMES: ReadonlySet<QueryCounter> = new Set([
  'latency',
  'latency_max',
  'on_cpu',
  'off_cpu',
  'run_queue',
  'start_delay',
  'throttled',
  'parallel_on_cpu',
  'parallel_off_cpu',
  'parallel_run_queue',
  'prepare',
  'execute',
  'commit',
]);

/** Fields of `struct wait_counters`. */
export const WAIT_COUNTERS = ['ns', 'count', 'max'] as const;
export const WAIT_RULES: readonly FieldRule[] = ['sum', 'sum', 'max'];

/** Counters that are the largest of something, as rows have their `peaks`. */
export const maximaOf = (rules: readonly FieldRule[]): number[] =>
  rules.flatMap((rule, at) => (rule === 'max' ? [at] : []));
export const QUERY_MAXIMA: readonly number[] = maximaOf(QUERY_RULES);
export const WAIT_MAXIMA: readonly number[] = maximaOf(WAIT_RULES);

/** Who did it: a slot of program.bt as what it stands for. */
export interface Doer {
  readonly cluster: WatchedCluster;
  readonly identity: SlotIdentity;
}

export interface QueryTotals extends Doer {
  readonly counters: Float64Array;
  /** Of QUERY_MAXIMA: counters have the largest since the start. */
  peaks: readonly Peaks[];
  readonly latency: Histogram;
  /** Failed executions by SQLSTATE; '' where it is not known. With the signal `resources` only. */
  failures: ReadonlyMap<string, number>;
  /** Requests that have not ended. */
  running: number;
}

export interface WaitTotals extends Doer {
  /** wait_event_info, or a system call (events.ts). */
  readonly event: number;
  /** What was executed inside of the statement. */
  readonly inner: Inner | undefined;
  /** The process at the other end of a pipe. */
  readonly waitsOn: string | undefined;
  readonly counters: Float64Array;
  /** Of WAIT_MAXIMA. */
  peaks: readonly Peaks[];
}

/** Absent for slots that were never introduced. */
export type Identify = (slot: number) => Doer | undefined;

/** Where a reading comes from. */
export interface TotalsSource {
  readonly engine: Engine;
  readonly identify: Identify;
  /** Absent for 0. */
  readonly innerOf: (id: bigint) => Inner | undefined;
  /** The process at the other end of a pipe that waits of this event were for; by number of the cluster. */
  readonly otherEnd: (cluster: number, event: number) => string | undefined;
  readonly listUnderway: () => readonly Underway[];
  readonly clients: Pick<Clients, 'read' | 'addUnderway'>;
  readonly countLost: () => number;
}

const at = (name: QueryCounter): number => QUERY_COUNTERS.indexOf(name);
const NO_FAILURES: ReadonlyMap<string, number> = new Map();
const MEMORY_MAX = at('memory_max');
const PARALLEL: readonly (readonly [QueryCounter, QueryCounter])[] = [
  ['on_cpu', 'parallel_on_cpu'],
  ['off_cpu', 'parallel_off_cpu'],
  ['run_queue', 'parallel_run_queue'],
];
/** What a worker takes is taken for its leader's statement. */
const TAKEN_BY_WORKERS: readonly QueryCounter[] = [
  'temp_files',
  'temp_bytes',
  'major_faults',
  'memory_grown',
  'memory_kept',
];

export class Totals {
  /** Of this reading: those that came later have higher ones. */
  readonly reading: number;
  /** The wall clock, and a clock that does not step. */
  readonly wallMs: number = Date.now();
  readonly monotonicMs: number = performance.now();
  /** By cluster, database, user and statement. */
  readonly queries = new Map<string, QueryTotals>();
  /** By the same, kind of process and wait event. */
  readonly waits = new Map<string, WaitTotals>();
  /** Waits, in ns by event, of which it is not known whose they were. */
  readonly namelessWaits = new Map<number, number>();
  /** Whose time it was: empty without the signal `clients`. */
  readonly clients: Map<string, ClientTotals>;
  /** Who let go of LWLocks. */
  readonly wakers: Wakers;
  /** Events lost so far, by every cause. */
  readonly dropped: number;
  /** What cannot be seen on this kernel; absent where everything can. */
  readonly shortcoming: string | undefined;
  readonly #identify: Identify;
  readonly #source: TotalsSource;
  readonly #slab: Slab = new Slab();

  constructor(source: TotalsSource) {
    const { engine, clients, listUnderway, countLost } = source;
    this.#source = source;
    this.reading = engine.beginReading();
    this.#identify = source.identify;
    this.shortcoming = shortcomingOf(engine.ways);
    const scratch = new Float64Array(QUERY_COUNTERS.length);
    const columns = engine.queries.fields.map((field) => at(field as QueryCounter));
    const octaves = new Octaves();
    const addOctave: OnOctave = (key, offset, exponent, counts) => {
      const query = this.#queryOf(key.getUint32(offset, true));
      if (query) octaves.add(query.latency, exponent, counts);
    };
    engine.queries.read((key, offset, row) => {
      scratch.fill(0);
      for (let index = 0; index < columns.length; index++) scratch[columns[index]!] = row[index]!;
      this.#addQuery(key.getUint32(offset, true), scratch);
    }, addOctave);
    engine.parts.read((key, offset, row) => {
      const doer = this.#identify(key.getUint32(offset, true));
      if (doer) this.#addPart(partOf(doer, key.getUint32(offset + 4, true)), row);
    });
    readFailures(engine, ({ slot, part, sqlstate, count }) => {
      const doer = this.#identify(slot);
      if (!doer) return;
      const query = this.#queryBy(part === undefined ? doer : partOf(doer, part));
      query.failures = new Map(query.failures).set(sqlstate, (query.failures.get(sqlstate) ?? 0) + count);
    });
    engine.latencies.read(() => undefined, addOctave);
    octaves.spread(this.#slab.take);
    engine.waits.read((key, offset, row) => {
      const wait = { event: key.getUint32(offset + 4, true), inner: key.getBigUint64(offset + 8, true) };
      this.#addWait(key.getUint32(offset, true), wait, row);
    });
    this.wakers = readWakers(engine, this.#identify);
    this.clients = clients.read();
    // Last: what ends meanwhile is missing from both, rather than in both.
    const underway = listUnderway();
    for (const one of underway) this.#addUnderway(one);
    clients.addUnderway(this.clients, underway);
    this.dropped = droppedSoFar(engine, countLost);
  }

  #queryOf(slot: number): QueryTotals | undefined {
    const doer = this.#identify(slot);
    return doer && this.#queryBy(doer);
  }

  #queryBy(doer: Doer): QueryTotals {
    const key = doerKey(doer);
    let totals = this.queries.get(key);
    if (!totals) {
      const counters = this.#slab.take(QUERY_COUNTERS.length);
      totals = { ...doer, counters, latency: new Histogram(), failures: NO_FAILURES, running: 0, peaks: [] };
      this.queries.set(key, totals);
    }
    return totals;
  }

  /** A worker's row in the kernel has its times only, and they are no part of the leader's latency. */
  #addQuery(slot: number, row: Float64Array): void {
    const query = this.#queryOf(slot);
    if (!query) return;
    if (isWorker(this.#identify(slot)!)) {
      for (const [own, parallel] of PARALLEL) query.counters[at(parallel)]! += row[at(own)]!;
      for (const name of TAKEN_BY_WORKERS) query.counters[at(name)]! += row[at(name)]!;
      query.counters[MEMORY_MAX] = Math.max(query.counters[MEMORY_MAX]!, row[MEMORY_MAX]!);
    } else {
      mergeRow(QUERY_RULES, query.counters, row);
    }
  }

  /** Executions of a statement among others of one string, whose times are on the last of them. */
  #addPart(doer: Doer, [calls, errors]: Float64Array): void {
    const { counters } = this.#queryBy(doer);
    counters[at('calls')]! += calls!;
    if (this.#source.engine.signals.has('resources')) counters[at('measured')]! += calls!;
    counters[at('errors')]! += errors!;
    counters[at(doer.identity.parts ? 'unsplit' : 'joint')]! += calls!;
  }

  #addWait(slot: number, { event, inner: id }: Pick<UnderwayWait, 'event' | 'inner'>, row: Float64Array): void {
    const doer = this.#identify(slot);
    if (!doer) {
      this.namelessWaits.set(event, (this.namelessWaits.get(event) ?? 0) + row[0]!);
      return;
    }
    const inner = this.#source.innerOf(id);
    const key = `${doerKey(doer)} ${doer.identity.backendType} ${event} ${inner ? inner.fingerprint : 'top'}`;
    let totals = this.waits.get(key);
    if (!totals) {
      const waitsOn = this.#source.otherEnd(doer.identity.cluster, event);
      totals = { ...doer, event, inner, waitsOn, counters: this.#slab.take(WAIT_COUNTERS.length), peaks: [] };
      this.waits.set(key, totals);
    }
    mergeRow(WAIT_RULES, totals.counters, row);
  }

  #addUnderway({ slot, isRequest, on_cpu, off_cpu, run_queue, waits }: Underway): void {
    const row = new Float64Array(QUERY_COUNTERS.length);
    row[at('on_cpu')] = on_cpu;
    row[at('off_cpu')] = off_cpu;
    row[at('run_queue')] = run_queue;
    if (isRequest) row[at('latency')] = on_cpu + off_cpu + run_queue;
    this.#addQuery(slot, row);
    for (const wait of waits) this.#addWait(slot, wait, Float64Array.of(wait.ns, wait.count, wait.ns));
    const query = this.#queryOf(slot);
    if (query && isRequest) query.running += 1;
  }
}

/** A statement of a string of several, as one of its own; the string, where it is not known to have so many. */
function partOf({ cluster, identity }: Doer, index: number): Doer {
  const part = identity.parts?.[index];
  return { cluster, identity: part ? { ...identity, ...part, parts: undefined } : identity };
}

/** Events lost since the start, by every cause. */
export function droppedSoFar(engine: Engine, countLost: () => number): number {
  let drops = 0;
  engine.drops.read((_key, _offset, row) => {
    drops += row.reduce((sum, count) => sum + count, 0);
  });
  return drops + countLost();
}

/** Besides the counters. */
export const isSameQuery = (row: QueryTotals, before: QueryTotals): boolean =>
  row.running === before.running &&
  isSameDoer(row, before) &&
  row.latency.equals(before.latency) &&
  row.failures.size === before.failures.size &&
  [...row.failures].every(([code, count]) => before.failures.get(code) === count);

export const isSameWait = (row: WaitTotals, before: WaitTotals): boolean =>
  isSameDoer(row, before) && row.waitsOn === before.waitsOn && row.inner?.query === before.inner?.query;
