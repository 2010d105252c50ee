/** Deletes what is too old, or too much: the finest intervals first, and only those whose sums are kept above. */
import type { DatabaseSync } from 'node:sqlite';
import { LEVEL_MS, TOP } from '../levels.ts';
import type { Retention } from '../retention.ts';

/** So many parents' worth of intervals in one go, so that nobody waits long. */
const PARENTS_AT_ONCE = 60;

export class Cleaner {
  readonly #database: DatabaseSync;
  /** May change while it works. */
  retention: Retention;

  constructor(database: DatabaseSync, retention: Retention) {
    this.#database = database;
    this.retention = retention;
  }

  /** A bounded part of the work; called again soon. */
  clean(nowMs: number): void {
    for (const [level, keepMs] of this.retention.keepMs.entries()) this.#deleteBefore(level, nowMs - keepMs);
    this.#database.prepare('DELETE FROM records WHERE to_ms < ?').run(nowMs - this.retention.keepMs[1]!);
    if (this.bytes() > this.retention.maxBytes) this.#shrink();
    // Gives back what was deleted, a piece at a time.
    this.#database.exec('PRAGMA incremental_vacuum(2000)');
  }

  /** What is used of the file, which shrinks a little later. */
  bytes(): number {
    const number = (pragma: string): number =>
      Object.values(this.#database.prepare(`PRAGMA ${pragma}`).get()!)[0] as number;
    return (number('page_count') - number('freelist_count')) * number('page_size');
  }

  #shrink(): void {
    for (let level = 0; level <= TOP; level++) {
      const oldest = this.#oldest(level);
      if (oldest === undefined) continue;
      const before = oldest + PARENTS_AT_ONCE * this.#parentMs(level);
      if (this.#deleteBefore(level, before)) return;
    }
  }

  #oldest(level: number): number | undefined {
    const row = this.#database.prepare('SELECT min(start_ms) AS oldest FROM intervals WHERE level = ? AND rolled >= ?');
    return (row.get(level, level === TOP ? 0 : 1) as { oldest: number | null }).oldest ?? undefined;
  }

  #parentMs(level: number): number {
    return LEVEL_MS[level + 1] ?? LEVEL_MS[level]!;
  }

  /** Whole parents only, so that a moment is known by one level throughout. True when there was something. */
  #deleteBefore(level: number, ms: number): boolean {
    const parentMs = this.#parentMs(level);
    const end = Math.floor(ms / parentMs) * parentMs;
    const where = `level = ? AND start_ms < ?${level === TOP ? '' : ' AND rolled = 1'}`;
    const found = this.#database.prepare(`SELECT 1 FROM intervals WHERE ${where} LIMIT 1`).get(level, end);
    if (!found) return false;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#database
        .prepare(`DELETE FROM blocks WHERE interval_id IN (SELECT id FROM intervals WHERE ${where})`)
        .run(level, end);
      this.#database.prepare(`DELETE FROM intervals WHERE ${where}`).run(level, end);
      this.#raiseHorizon(level, end);
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
    return true;
  }

  #raiseHorizon(level: number, ms: number): void {
    const row = this.#database.prepare("SELECT value FROM meta WHERE name = 'horizons'").get() as
      | { value: string }
      | undefined;
    const horizons = row ? (JSON.parse(row.value) as number[]) : LEVEL_MS.map(() => 0);
    horizons[level] = Math.max(horizons[level]!, ms);
    this.#database.prepare("INSERT OR REPLACE INTO meta VALUES ('horizons', ?)").run(JSON.stringify(horizons));
  }
}
