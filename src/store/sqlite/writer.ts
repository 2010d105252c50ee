/** Appends intervals, and sums finished minutes, hours and days. Each is one transaction. */
import type { DatabaseSync } from 'node:sqlite';
import { countersOf, KIND_NAMES, type KindName } from '../kinds.ts';
import { LEVEL_MS, TOP } from '../levels.ts';
import { COVERAGES, type Interval, type Sample, type StoredRecord } from '../store.ts';
import { addBlock, type BlockSample, encodeBlock } from './block.ts';
import { layoutOf } from './database.ts';
import type { Dictionary } from './dictionary.ts';
import { Sums } from './sums.ts';

interface IntervalHead {
  readonly level: number;
  readonly startMs: number;
  readonly host: string;
  readonly observedUs: number;
  readonly coverage: number;
  readonly dropped: number;
}

export class Writer {
  readonly #database: DatabaseSync;
  readonly #dictionary: Dictionary;

  constructor(database: DatabaseSync, dictionary: Dictionary) {
    this.#database = database;
    this.#dictionary = dictionary;
  }

  append(interval: Interval): void {
    this.#transaction(() => {
      const { host, startMs, durationUs: observedUs, dropped } = interval;
      const coverage = COVERAGES.indexOf(interval.coverage);
      const id = this.#insertInterval({ level: 0, startMs, host, observedUs, coverage, dropped });
      for (const kind of KIND_NAMES) {
        const samples = interval.samples[kind] ?? [];
        if (samples.length > 0) this.#insertBlock(id, kind, this.#numbered(kind, samples, startMs));
      }
      this.#dictionary.addTexts(interval.texts);
      for (const record of interval.records) this.#insertRecord(record);
    });
  }

  /** One parent that is over at `nowMs` and has children that it does not hold yet; false when there is none. */
  rollOne(nowMs: number): boolean {
    for (let level = 0; level < TOP; level++) {
      const parentMs = LEVEL_MS[level + 1]!;
      const over = Math.floor(nowMs / parentMs) * parentMs;
      const child = this.#database
        .prepare(
          'SELECT start_ms, host FROM intervals WHERE level = ? AND rolled = 0 AND start_ms < ? ORDER BY start_ms LIMIT 1',
        )
        .get(level, over) as { start_ms: number; host: string } | undefined;
      if (!child) continue;
      const startMs = Math.floor(child.start_ms / parentMs) * parentMs;
      this.#transaction(() => this.#roll(level, startMs, child.host));
      return true;
    }
    return false;
  }

  #roll(level: number, startMs: number, host: string): void {
    const endMs = startMs + LEVEL_MS[level + 1]!;
    const children = 'level = ? AND rolled = 0 AND start_ms >= ? AND start_ms < ? AND host = ?';
    const sums = this.#database
      .prepare(
        `SELECT sum(observed_us) AS observed, max(coverage) AS coverage, sum(dropped) AS dropped FROM intervals WHERE ${children}`,
      )
      .get(level, startMs, endMs, host) as { observed: number; coverage: number; dropped: number };
    const { coverage, dropped } = sums;
    const id = this.#insertInterval({ level: level + 1, startMs, host, observedUs: sums.observed, coverage, dropped });
    for (const kind of KIND_NAMES) {
      const rows = this.#database
        .prepare(`SELECT layout, bytes FROM intervals JOIN blocks ON interval_id = id AND kind = ? WHERE ${children}`)
        .all(kind, level, startMs, endMs, host) as unknown as StoredBlock[];
      if (rows.length > 0) this.#insertBlock(id, kind, sumBlocks(kind, rows, this.#dictionary));
    }
    this.#database.prepare(`UPDATE intervals SET rolled = 1 WHERE ${children}`).run(level, startMs, endMs, host);
  }

  #numbered(kind: KindName, samples: readonly Sample[], nowMs: number): BlockSample[] {
    return samples.map(({ series, values, histogram }) => ({
      id: this.#dictionary.idOf(kind, series, nowMs),
      values,
      histogram,
    }));
  }

  #insertInterval({ level, startMs, host, observedUs, coverage, dropped }: IntervalHead): number | bigint {
    return this.#database
      .prepare(
        'INSERT INTO intervals (level, start_ms, host, observed_us, coverage, dropped) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(level, startMs, host, observedUs, coverage, dropped).lastInsertRowid;
  }

  #insertBlock(interval: number | bigint, kind: KindName, samples: readonly BlockSample[]): void {
    const bytes = encodeBlock(samples, layoutOf(kind).layout);
    this.#database
      .prepare('INSERT INTO blocks VALUES (?, ?, ?, ?)')
      .run(interval, kind, this.#dictionary.layoutFor(kind), bytes);
  }

  #insertRecord({ kind, host, cluster, id, fromMs, toMs, body }: StoredRecord): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(kind, host, cluster, id, fromMs, toMs, JSON.stringify(body));
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#dictionary.forgetAll();
      throw error;
    }
  }
}

export interface StoredBlock {
  readonly layout: number;
  readonly bytes: Uint8Array;
}

function sumBlocks(kind: KindName, blocks: readonly StoredBlock[], dictionary: Dictionary): BlockSample[] {
  const slots = new Map<number, number>();
  const slotOf = (id: number): number => {
    let slot = slots.get(id);
    if (slot === undefined) {
      slot = slots.size;
      slots.set(id, slot);
    }
    return slot;
  };
  const sums = new Sums(kind, { slotOf });
  for (const { layout, bytes } of blocks) {
    const parsed = dictionary.layoutAt(layout);
    addBlock(bytes, parsed.layout, placesOf(kind, parsed.names), sums);
  }
  return [...slots].map(([id, slot]) => ({ id, ...sums.row(slot) }));
}

/** Where a block's columns stand in rows of today: -1 for counters that are kept no longer. */
export const placesOf = (kind: KindName, names: readonly string[]): number[] =>
  names.map((name) => countersOf(kind).indexOf(name));
