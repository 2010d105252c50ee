/** History in a file of this host: SQLite, with the numbers in compressed blocks. */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { beginningOf, LEVEL_MS } from '../levels.ts';
import { Outbox } from '../outbox.ts';
import { DEFAULT_RETENTION, type Retention } from '../retention.ts';
import type {
  Interval,
  QueryText,
  RecordsRequest,
  StepsRequest,
  Store,
  StoredRecord,
  StoreState,
  Summed,
  SumRequest,
} from '../store.ts';
import { readFrom } from './damage.ts';
import { claim, openDatabase } from './database.ts';
import { Dictionary } from './dictionary.ts';
import { Reader } from './reader.ts';
import { Cleaner } from './retention.ts';
import { Writer } from './writer.ts';

export interface SqliteOptions {
  readonly retention?: Retention;
  /** For reports beside the agent that writes. */
  readonly readOnly?: boolean;
}

/** Parents that are summed at one call of `maintain`: an hour of a thousand series takes some tens of milliseconds. */
const ROLLS_AT_ONCE = 20;

/** Each by itself is one search of the index; both at once would walk all of the level. */
const SELECT_ENDS = `
  SELECT (SELECT min(start_ms) FROM intervals WHERE level = ?1) AS oldest,
         (SELECT max(start_ms) FROM intervals WHERE level = ?1) AS newest`;

/** Samples that wait while the disk is full: about 100 MB. */
const OUTBOX_SAMPLES = 200_000;

export class SqliteStore implements Store {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #dictionary: Dictionary;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #cleaner: Cleaner;
  readonly #outbox: Outbox<Interval>;

  static open(path: string, { retention = DEFAULT_RETENTION, readOnly = false }: SqliteOptions = {}): SqliteStore {
    const database = openDatabase(path, { readOnly });
    try {
      return readFrom(path, () => {
        if (!readOnly) claim(database, path);
        return new SqliteStore(path, database, retention);
      });
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private constructor(path: string, database: DatabaseSync, retention: Retention) {
    this.#path = path;
    this.#database = database;
    this.#dictionary = new Dictionary(database);
    this.#writer = new Writer(database, this.#dictionary);
    this.#reader = new Reader(database, this.#dictionary);
    this.#cleaner = new Cleaner(database, retention);
    this.#outbox = new Outbox((interval) => this.#writer.append(interval), OUTBOX_SAMPLES);
  }

  async append(interval: Interval): Promise<void> {
    const samples = Object.values(interval.samples).reduce((sum, some) => sum + some.length, 1);
    await this.#outbox.put(interval, samples);
  }

  async sum(request: SumRequest): Promise<Summed> {
    return readFrom(this.#path, () => this.#reader.sum(request));
  }

  async steps(request: StepsRequest): Promise<readonly Summed[]> {
    return readFrom(this.#path, () => this.#reader.steps(request));
  }

  async records(request: RecordsRequest): Promise<readonly StoredRecord[]> {
    return readFrom(this.#path, () => this.#reader.records(request));
  }

  async texts(fingerprints: Iterable<string>): Promise<ReadonlyMap<string, QueryText>> {
    return readFrom(this.#path, () => this.#dictionary.texts(fingerprints));
  }

  async state(): Promise<StoreState> {
    const ends = readFrom(this.#path, () => LEVEL_MS.map((_, level) => this.#endsOf(level)));
    const newest = Math.max(...ends.map((at) => at.newest ?? Number.NEGATIVE_INFINITY));
    const bytes = ['', '-wal'].reduce((sum, ending) => sum + sizeOf(`${this.#path}${ending}`), 0);
    const { trouble, pending, lost } = this.#outbox;
    return {
      url: `sqlite:${this.#path}`,
      bytes,
      oldestMs: beginningOf(ends.map(({ oldest }) => oldest)),
      newestMs: Number.isFinite(newest) ? newest : null,
      trouble,
      pending,
      lost,
    };
  }

  #endsOf(level: number): { readonly oldest: number | null; readonly newest: number | null } {
    return this.#database.prepare(SELECT_ENDS).get(level) as { oldest: number | null; newest: number | null };
  }

  async maintain(nowMs: number, agedMs: number = nowMs): Promise<void> {
    for (let left = ROLLS_AT_ONCE; left > 0 && this.#writer.rollOne(nowMs); left--);
    this.#cleaner.clean(agedMs);
    this.#dictionary.forgetBefore(agedMs - Math.max(...this.#cleaner.retention.keepMs));
  }

  retain(retention: Retention): void {
    this.#cleaner.retention = retention;
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
