/** What waits to be delivered, in files: it outlives the process, and within its bound nothing of it is lost. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { PebbleError } from '../base/errors.ts';
import { claimFolder } from './claim.ts';

export interface SpoolPlace {
  readonly folder: string;
  /** Of all files together; the oldest are given up for the newest. */
  readonly maxBytes: number;
}

export interface Waiting<T> {
  readonly id: string;
  readonly item: T;
  /** It was never tried before: it cannot be there yet. */
  readonly isFirst: boolean;
}

/** Resolves when all of them have arrived. */
export type Deliver<T> = (waiting: readonly Waiting<T>[]) => Promise<void>;

/** After an outage many go together: a server is busy with each request more than with its rows. */
const MOST_AT_ONCE = 30;
const MOST_BYTES_AT_ONCE = 4 << 20;

const ENDING = '.json.zst';

export class Spool<T> {
  readonly #place: SpoolPlace;
  readonly #deliver: Deliver<T>;
  /** Ids are in the order of time. */
  readonly #sizes: Map<string, number>;
  readonly #untried = new Set<string>();
  readonly #release: () => void;
  #draining: Promise<void> | undefined;
  #isClosed = false;
  lost = 0;
  /** Why the last attempt failed; null when it did not. */
  trouble: string | null = null;

  constructor(place: SpoolPlace, deliver: Deliver<T>) {
    this.#place = place;
    this.#deliver = deliver;
    try {
      mkdirSync(place.folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new PebbleError('io', {
        doing: `making the folder ${place.folder}`,
        what: (cause as Error).message,
        hint: 'what a server does not take yet is kept there: name another one with `spool`',
        cause,
      });
    }
    this.#release = claimFolder(place.folder);
    const names = readdirSync(place.folder).filter((name) => name.endsWith(ENDING));
    this.#sizes = new Map(
      names.sort().map((name) => [name.slice(0, -ENDING.length), statSync(join(place.folder, name)).size]),
    );
  }

  static newId(): string {
    return `${Date.now().toString().padStart(14, '0')}-${randomBytes(6).toString('hex')}`;
  }

  get pending(): number {
    return this.#sizes.size;
  }

  /** On disk when this resolves; delivered, too, unless `trouble` says why not. */
  async put(id: string, item: T): Promise<void> {
    const bytes = zstdCompressSync(JSON.stringify(item));
    const path = this.#pathOf(id);
    // A file of this name is whole, whenever the process dies.
    writeFileSync(`${path}.new`, bytes, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.#sizes.set(id, bytes.length);
    this.#untried.add(id);
    this.#makeRoom();
    await this.drain();
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#draining;
    this.#release();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#sizes.size > 0 && !this.#isClosed) {
        const ids = this.#next();
        await this.#deliver(ids.map((id) => ({ id, item: this.#read(id), isFirst: this.#untried.delete(id) })));
        for (const id of ids) this.#forget(id);
      }
      this.trouble = null;
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    }
  }

  #next(): string[] {
    const ids: string[] = [];
    let bytes = 0;
    for (const [id, size] of this.#sizes) {
      bytes += size;
      if (ids.length > 0 && (ids.length === MOST_AT_ONCE || bytes > MOST_BYTES_AT_ONCE)) break;
      ids.push(id);
    }
    return ids;
  }

  #read(id: string): T {
    return JSON.parse(zstdDecompressSync(readFileSync(this.#pathOf(id))).toString()) as T;
  }

  #forget(id: string): void {
    rmSync(this.#pathOf(id), { force: true });
    this.#sizes.delete(id);
    this.#untried.delete(id);
  }

  /** The newest stays, whatever its size. */
  #makeRoom(): void {
    let size = this.#sizes.values().reduce((sum, bytes) => sum + bytes, 0);
    for (const [id, bytes] of this.#sizes) {
      if (size <= this.#place.maxBytes || this.#sizes.size === 1) return;
      size -= bytes;
      this.#forget(id);
      this.lost++;
    }
  }

  #pathOf(id: string): string {
    return join(this.#place.folder, `${id}${ENDING}`);
  }
}
