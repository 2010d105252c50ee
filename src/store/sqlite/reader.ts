/** Answers: which intervals make up a range, and their sums by series or by parts of it. */
import type { DatabaseSync } from 'node:sqlite';
import { groupingOf } from '../grouping.ts';
import { KINDS } from '../kinds.ts';
import { alignRange, alignSteps, type Horizons, PARTS, type Part } from '../levels.ts';
import {
  COVERAGES,
  type Covered,
  type RecordsRequest,
  type Sample,
  type Series,
  type StepsRequest,
  type StoredRecord,
  type Summed,
  type SumRequest,
  type TimeRange,
} from '../store.ts';
import { addBlock } from './block.ts';
import type { Dictionary } from './dictionary.ts';
import { Sums } from './sums.ts';
import { placesOf, type StoredBlock } from './writer.ts';

/** An interval lies in one step, and its parent, should it hold it, does not. ?1 level, ?2 ?3 range, ?4 step, ?5 length, ?6 the parent's. */
const SELECT_PART = `
  SELECT id, host, start_ms AS startMs, observed_us AS observedUs, coverage, dropped FROM intervals
  WHERE level = ?1 AND start_ms >= ?2 AND start_ms < ?3
    AND (start_ms - ?2) / ?4 = (start_ms + ?5 - 1 - ?2) / ?4 AND start_ms + ?5 <= ?3
    AND (rolled = 0 OR ?6 = 0 OR start_ms / ?6 * ?6 < ?2 OR (start_ms / ?6 + 1) * ?6 > ?3
      OR (start_ms / ?6 * ?6 - ?2) / ?4 <> ((start_ms / ?6 + 1) * ?6 - 1 - ?2) / ?4)`;

interface Chosen {
  readonly id: number;
  readonly host: string;
  readonly startMs: number;
  readonly observedUs: number;
  readonly coverage: number;
  readonly dropped: number;
}

export class Reader {
  readonly #database: DatabaseSync;
  readonly #dictionary: Dictionary;

  constructor(database: DatabaseSync, dictionary: Dictionary) {
    this.#database = database;
    this.#dictionary = dictionary;
  }

  sum(request: SumRequest): Summed {
    const range = alignRange(request.range, this.#horizons());
    const chosen = this.#choose(range, range.toMs - range.fromMs);
    return this.#add(request, range, chosen, this.#grouping(request));
  }

  steps(request: StepsRequest): Summed[] {
    const { range, stepMs } = alignSteps(request.range, request.stepMs, this.#horizons());
    const steps = Map.groupBy(this.#choose(range, stepMs), ({ startMs }) =>
      Math.floor((startMs - range.fromMs) / stepMs),
    );
    const grouping = this.#grouping(request);
    return [...steps.keys()]
      .toSorted((a, b) => a - b)
      .map((step) => {
        const fromMs = range.fromMs + step * stepMs;
        return this.#add(request, { fromMs, toMs: fromMs + stepMs }, steps.get(step)!, grouping);
      });
  }

  records({ kind, range, host, cluster, limit = 1000 }: RecordsRequest): StoredRecord[] {
    const rows = this.#database
      .prepare(
        `SELECT host, cluster, id, from_ms AS fromMs, to_ms AS toMs, body FROM records
         WHERE kind = ?1 AND to_ms >= ?2 AND from_ms < ?3 AND (?4 IS NULL OR host = ?4) AND (?5 IS NULL OR cluster = ?5)
         ORDER BY to_ms DESC, from_ms DESC LIMIT ?6`,
      )
      .all(kind, range.fromMs, range.toMs, host ?? null, cluster ?? null, limit) as unknown as (Omit<
      StoredRecord,
      'kind' | 'body'
    > & { readonly body: string })[];
    return rows.map((row) => ({ ...row, kind, body: JSON.parse(row.body) as object }));
  }

  #choose(range: TimeRange, stepMs: number): Chosen[] {
    const select = this.#database.prepare(SELECT_PART);
    // As BigInt: plain numbers would be floating-point to SQLite, and its divisions not whole.
    const parameters = ({ level, lengthMs, parentMs }: Part): bigint[] =>
      [level, range.fromMs, range.toMs, stepMs, lengthMs, parentMs].map(BigInt);
    return PARTS.flatMap((part) => select.all(...parameters(part)) as unknown as Chosen[]);
  }

  #add(
    { kind, counters, fewHistograms }: SumRequest,
    range: TimeRange,
    chosen: readonly Chosen[],
    groupOf: Grouping,
  ): Summed {
    const select = this.#database.prepare('SELECT layout, bytes FROM blocks WHERE interval_id = ? AND kind = ?');
    const groups = new Numbering(groupOf);
    const isLater = fewHistograms === true && KINDS[kind].histogram !== null;
    const histograms = counters ? 'never' : isLater ? 'later' : 'now';
    const sums = new Sums(kind, { slotOf: (id) => groups.numberOf(id), histograms });
    for (const { id } of chosen) {
      const block = select.get(id, kind) as StoredBlock | undefined;
      if (!block) continue;
      const { layout, names } = this.#dictionary.layoutAt(block.layout);
      const places = placesOf(kind, names).map((place, at) => (counters?.includes(names[at]!) === false ? -1 : place));
      addBlock(block.bytes, layout, places, sums);
    }
    const samples = groups.take().map(({ series }, at) => ({ series, ...sums.row(at) }));
    return { range, covered: coveredBy(chosen), samples, ...(histograms === 'later' && later(samples, sums)) };
  }

  /** To which sum a series belongs, found out once for each series; nothing where it is not wanted. */
  #grouping(request: SumRequest): Grouping {
    const groupOf = groupingOf(request);
    // By number: they count from 1 on, and a million are looked up for a day of thousands of statements.
    const known: (Group | null | undefined)[] = [];
    const groups = new Map<string, Group>();
    const find = (id: number): Group | undefined => {
      const parts = groupOf(this.#dictionary.seriesOf(id));
      if (!parts) return undefined;
      const key = JSON.stringify(parts);
      if (!groups.has(key)) groups.set(key, { series: parts, number: -1 });
      return groups.get(key);
    };
    return (id) => {
      let group = known[id];
      if (group === undefined) {
        group = find(id) ?? null;
        known[id] = group;
      }
      return group ?? undefined;
    };
  }

  #horizons(): Horizons {
    const row = this.#database.prepare("SELECT value FROM meta WHERE name = 'horizons'").get() as
      | { value: string }
      | undefined;
    return row ? (JSON.parse(row.value) as Horizons) : [];
  }
}

function later(samples: readonly Sample[], sums: Sums): Pick<Summed, 'withHistograms'> {
  const slots = new Map(samples.map((sample, slot) => [sample, slot]));
  return {
    withHistograms: (some) => {
      const histograms = sums.histogramsOf(some.map((sample) => slots.get(sample)!));
      return some.map((sample, at) => ({ ...sample, histogram: histograms[at]! }));
    },
  };
}

interface Group {
  readonly series: Series;
  /** Of its sum in the step that is being added; -1 before it has one. */
  number: number;
}
type Grouping = (id: number) => Group | undefined;

/** Numbers the groups of one step as they come. */
class Numbering {
  readonly #groupOf: Grouping;
  readonly #groups: Group[] = [];

  constructor(groupOf: Grouping) {
    this.#groupOf = groupOf;
  }

  /** -1 where the series is not wanted. */
  numberOf(id: number): number {
    const group = this.#groupOf(id);
    if (!group) return -1;
    if (group.number < 0) group.number = this.#groups.push(group) - 1;
    return group.number;
  }

  /** Leaves the groups to the next step. */
  take(): readonly Group[] {
    for (const group of this.#groups) group.number = -1;
    return this.#groups;
  }
}

function coveredBy(chosen: readonly Chosen[]): Map<string, Covered> {
  const covered = new Map<string, Covered>();
  for (const { host, observedUs, coverage, dropped } of chosen) {
    const before = covered.get(host) ?? { observedUs: 0, coverage: 'exact', dropped: 0 };
    const worse = Math.max(coverage, COVERAGES.indexOf(before.coverage));
    covered.set(host, {
      observedUs: before.observedUs + observedUs,
      coverage: COVERAGES[worse]!,
      dropped: before.dropped + dropped,
    });
  }
  return covered;
}
