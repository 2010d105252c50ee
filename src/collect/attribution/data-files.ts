/** Paths of a cluster's files by inode, and what a path says of the relation that it holds. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Relation {
  readonly database_oid: number;
  readonly filenode: number;
  readonly fork: string;
}

/** Where files with data are, below the data directory; two levels deep at most, tablespaces three. */
const FOLDERS = ['base', 'global', 'pg_wal', 'pg_xact', 'pg_multixact', 'pg_subtrans', 'pg_commit_ts', 'pg_tblspc'];
const MOST_DEPTH = 4;
/** A cluster may have a million files: not looked through again for each one that is unknown. */
const LOOK_AGAIN_MS = 10_000;
/** Most inodes that are not found are of files that are gone, or of others than relations: they stay so, mostly. */
const STAY_UNKNOWN_MS = 5 * 60_000;
/** Part of the time that may go into looking, should it take long. */
const SHARE = 0.005;

export class DataFiles {
  readonly #pgdata: string;
  /** A tablespace on another file system may have a file of the same inode: then the last one found wins. */
  #paths: ReadonlyMap<string, string> = new Map();
  /** Asked for since the last look; and those that no look has found. */
  readonly #asked = new Set<string>();
  readonly #unknown = new Set<string>();
  #nextMs = Number.NEGATIVE_INFINITY;
  #clearedMs: number;
  readonly #clock: () => number;

  /** `clock`: milliseconds, of one that does not step. */
  constructor(pgdata: string, clock: () => number = () => performance.now()) {
    this.#pgdata = pgdata;
    this.#clock = clock;
    this.#clearedMs = clock();
  }

  /** Below the data directory; undefined for other files, and for those that are gone. */
  pathOf(inode: number): string | undefined {
    const key = String(inode);
    const known = this.#paths.get(key);
    const now = this.#clock();
    if (known !== undefined) return known;
    if (now - this.#clearedMs > STAY_UNKNOWN_MS) {
      this.#unknown.clear();
      this.#clearedMs = now;
    }
    if (this.#unknown.has(key)) return undefined;
    this.#asked.add(key);
    if (now < this.#nextMs) return undefined;
    this.#look();
    this.#nextMs = now + Math.max(LOOK_AGAIN_MS, (this.#clock() - now) / SHARE);
    return this.#paths.get(key);
  }

  #look(): void {
    const paths = new Map(this.#paths);
    for (const folder of FOLDERS) collect(this.#pgdata, folder, MOST_DEPTH, paths);
    this.#paths = paths;
    for (const key of this.#asked) if (!paths.has(key)) this.#unknown.add(key);
    this.#asked.clear();
  }
}

function collect(root: string, folder: string, depth: number, paths: Map<string, string>): void {
  for (const name of list(join(root, folder))) {
    const path = join(folder, name);
    const found = stat(join(root, path));
    if (!found) continue;
    if (found.isDirectory() && depth > 1) collect(root, path, depth - 1, paths);
    else if (found.isFile()) paths.set(String(found.ino), path);
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function stat(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** src/common/relpath.c: DATABASE/FILENODE[_FORK][.SEGMENT]. */
const PATH = /^(?:base|pg_tblspc\/\d+\/PG_[^/]+)\/(\d+)\/(\d+)(?:_(fsm|vm|init))?(?:\.\d+)?$/;
const SHARED = /^global\/(\d+)(?:_(fsm|vm|init))?(?:\.\d+)?$/;

export function relationOf(path: string): Relation | undefined {
  const own = PATH.exec(path);
  if (own) return { database_oid: Number(own[1]), filenode: Number(own[2]), fork: own[3] ?? 'main' };
  const shared = SHARED.exec(path);
  return shared ? { database_oid: 0, filenode: Number(shared[1]), fork: shared[2] ?? 'main' } : undefined;
}
