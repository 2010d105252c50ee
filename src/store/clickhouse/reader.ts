/** Answers, from sums that the server makes. */
import { Histogram, mergeRow } from '../../aggregate/index.ts';
import { countersOf, KINDS, type KindName, rulesOf } from '../kinds.ts';
import { alignRange, alignSteps, type Horizons, LEVEL_MS } from '../levels.ts';
import {
  COVERAGES,
  type Covered,
  type QueryText,
  type RecordsRequest,
  type Sample,
  type StepsRequest,
  type StoredRecord,
  type Summed,
  type SumRequest,
  type TimeRange,
} from '../store.ts';
import { cover, levelOfSteps, type Piece } from './cover.ts';
import type { Cell, Link } from './link.ts';
import { LEVEL_NAMES, tableOf } from './schema.ts';

export class Reader {
  readonly #link: Link;
  readonly #database: string;
  readonly #keepMs: readonly number[];

  constructor(link: Link, database: string, keepMs: readonly number[]) {
    this.#link = link;
    this.#database = database;
    this.#keepMs = keepMs;
  }

  async sum(request: SumRequest): Promise<Summed> {
    const range = alignRange(request.range, this.#horizons());
    const sums = new Sums(request);
    const pieces = await Promise.all(cover(range).map((piece) => this.#select(request, piece)));
    for (const rows of pieces) for (const row of rows) sums.add(row.slice(1));
    const covered = (await this.#covered(range)).get(0);
    return { range, covered: covered ?? new Map(), samples: sums.samples };
  }

  async steps(request: StepsRequest): Promise<Summed[]> {
    const { range, stepMs } = alignSteps(request.range, request.stepMs, this.#horizons());
    const level = levelOfSteps(range.fromMs, stepMs);
    const rows = await this.#select(request, { ...range, level }, stepMs);
    const covered = await this.#covered(range, stepMs);
    const sums = new Map([...covered.keys()].map((step) => [step, new Sums(request)]));
    for (const row of rows) sums.get(Number(row[0]))?.add(row.slice(1));
    return [...sums]
      .sort(([a], [b]) => a - b)
      .map(([step, { samples }]) => {
        const fromMs = range.fromMs + step * stepMs;
        return { range: { fromMs, toMs: fromMs + stepMs }, covered: covered.get(step)!, samples };
      });
  }

  async records({ kind, range, host, cluster, limit = 1000 }: RecordsRequest): Promise<StoredRecord[]> {
    const where = [
      `kind = ${quoted(kind)}`,
      ...(host === undefined ? [] : [`host = ${quoted(host)}`]),
      ...(cluster === undefined ? [] : [`cluster = ${quoted(cluster)}`]),
    ];
    const latest = (column: string): string => `argMax(${column}, version)`;
    const rows = await this.#link.query(
      `SELECT host, cluster, id, ${latest('from_ms')} AS begun, ${latest('to_ms')} AS ended, ${latest('body')} AS document
       FROM ${this.#database}.records WHERE ${where.join(' AND ')} GROUP BY host, cluster, id
       HAVING ended >= ${range.fromMs} AND begun < ${range.toMs} ORDER BY ended DESC, begun DESC LIMIT ${limit}`,
    );
    return rows.map(([of, at, id, fromMs, toMs, body]) => ({
      kind,
      host: String(of),
      cluster: String(at),
      id: String(id),
      fromMs: Number(fromMs),
      toMs: Number(toMs),
      body: JSON.parse(String(body)) as object,
    }));
  }

  async texts(fingerprints: Iterable<string>): Promise<ReadonlyMap<string, QueryText>> {
    const list = [...fingerprints].map(quoted);
    if (list.length === 0) return new Map();
    const rows = await this.#link.query(
      `SELECT fingerprint, argMax(text, is_whole), max(is_whole) FROM ${this.#database}.texts
       WHERE fingerprint IN (${list.join(', ')}) GROUP BY fingerprint`,
    );
    return new Map(
      rows.map(([fingerprint, text, isWhole]) => [
        String(fingerprint),
        { text: String(text), truncated: Number(isWhole) === 0 },
      ]),
    );
  }

  /** Of all hosts; bytes on this node. */
  async state(): Promise<{
    readonly bytes: number;
    readonly oldestMs: number | null;
    readonly newestMs: number | null;
  }> {
    const [[count, oldest, newest] = []] = await this.#link.query(
      `SELECT count(), min(start_ms), max(start_ms) FROM ${this.#database}.intervals`,
    );
    const [[bytes] = []] = await this.#link.query(
      `SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = ${quoted(this.#database)}`,
    );
    const isEmpty = Number(count) === 0;
    return {
      bytes: Number(bytes),
      oldestMs: isEmpty ? null : Number(oldest),
      newestMs: isEmpty ? null : Number(newest),
    };
  }

  /** The step, the parts of the identity, the counters, the histogram. */
  #select(request: SumRequest, { level, fromMs, toMs }: Piece, stepMs?: number) {
    const { kind, where = {}, known = [], by, apart, counters: asked } = request;
    const time = level === 0 ? 'start_ms' : 'from_ms';
    const merge = level === 0 ? '' : 'Merge';
    const { identity, counters, histogram } = KINDS[kind];
    const kept = (identity as readonly string[]).filter((name) => by?.includes(name) ?? true);
    const one = (name: string): string =>
      name === apart?.part ? `if(${name} IN (${['', ...apart.values].map(quoted).join(', ')}), ${name}, NULL)` : name;
    const wanted = Object.entries(where).map(([name, value]) =>
      value === null ? `isNull(${name})` : `${name} = ${quoted(value)}`,
    );
    const step = stepMs === undefined ? 'toUInt64(0)' : `intDiv(${time} - ${fromMs}, ${stepMs})`;
    const columns = [
      `${step} AS step`,
      ...kept.map(one),
      ...Object.entries(counters).map(([name, rule]) =>
        asked?.includes(name) === false ? '0' : `${rule}${merge}(${name})`,
      ),
      ...(histogram === null || asked ? [] : histogramOf(level)),
    ];
    // The time of partitions, so that others are not read.
    const conditions = [
      `time >= toDateTime(${Math.floor(fromMs / 1000)})`,
      `time <= toDateTime(${Math.ceil(toMs / 1000)})`,
      `${time} >= ${fromMs}`,
      `${time} < ${toMs}`,
      ...wanted,
      ...known.map((name) => `isNotNull(${name})`),
    ];
    return this.#link.query(
      `SELECT ${columns.join(', ')} FROM ${this.#database}.${tableOf(kind, level)}
       WHERE ${conditions.join(' AND ')} GROUP BY ${['step', ...kept.map(one)].join(', ')}`,
    );
  }

  /** By step and host. */
  async #covered({ fromMs, toMs }: TimeRange, stepMs = toMs - fromMs): Promise<Map<number, Map<string, Covered>>> {
    const rows = await this.#link.query(
      `SELECT intDiv(start_ms - ${fromMs}, ${stepMs}) AS step, host, sum(observed_us), max(coverage), sum(dropped)
       FROM ${this.#database}.intervals WHERE start_ms >= ${fromMs} AND start_ms < ${toMs} GROUP BY step, host`,
    );
    const covered = new Map<number, Map<string, Covered>>();
    for (const [step, host, observed, coverage, dropped] of rows) {
      const hosts = covered.get(Number(step)) ?? new Map<string, Covered>();
      covered.set(Number(step), hosts);
      hosts.set(String(host), {
        observedUs: Number(observed),
        coverage: COVERAGES[Number(coverage)]!,
        dropped: Number(dropped),
      });
    }
    return covered;
  }

  /** As the tables' TTLs have it: what began before is only in the level above. */
  #horizons(): Horizons {
    const now = Date.now();
    return LEVEL_NAMES.map((_, level) => {
      const keepMs = this.#keepMs[level]!;
      const parentMs = LEVEL_MS[level + 1] ?? LEVEL_MS[level]!;
      return Math.ceil((now - keepMs) / parentMs) * parentMs;
    });
  }
}

const histogramOf = (level: number): string[] =>
  level === 0 ? ['sum(zeros)', 'sumMap(buckets, counts)'] : ['sumMerge(zeros)', 'sumMapMerge(histogram)'];

/** ClickHouse's text literals know backslashes. */
export const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Rows of several tables, by series. */
class Sums {
  readonly #kind: KindName;
  readonly #kept: readonly boolean[];
  readonly #hasHistogram: boolean;
  readonly #sums = new Map<string, Sample>();

  constructor({ kind, by, counters }: SumRequest) {
    this.#kind = kind;
    this.#hasHistogram = KINDS[kind].histogram !== null && !counters;
    this.#kept = KINDS[kind].identity.map((name) => by?.includes(name) ?? true);
  }

  get samples(): Sample[] {
    return [...this.#sums.values()];
  }

  add(row: readonly Cell[]): void {
    const cells = row.values();
    const next = (): Cell => cells.next().value ?? null;
    const series = this.#kept.map((isKept) => (isKept ? (next() as string | null) : null));
    const values = Float64Array.from(countersOf(this.#kind), () => Number(next()));
    const histogram = this.#hasHistogram ? histogramFrom(next(), next()) : undefined;
    const key = JSON.stringify(series);
    const known = this.#sums.get(key);
    if (!known) {
      this.#sums.set(key, { series, values, ...(histogram && { histogram }) });
      return;
    }
    mergeRow(rulesOf(this.#kind), known.values, values);
    if (histogram) known.histogram!.merge(histogram);
  }
}

/** sumMap gives a tuple of keys and sums. */
function histogramFrom(zeros: Cell, map: Cell): Histogram {
  const [indexes, counts] = map as unknown as readonly [readonly number[], readonly (string | number)[]];
  const histogram = new Histogram();
  histogram.zeros = Number(zeros);
  for (const [at, index] of indexes.entries()) histogram.addBucket(Number(index), Number(counts[at]));
  return histogram;
}
