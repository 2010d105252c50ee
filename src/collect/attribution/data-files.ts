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

export class DataFiles {
  readonly #pgdata: string;
  /** A tablespace on another file system may have a file of the same inode: then the last one found wins. */
  #paths: ReadonlyMap<string, string> = new Map();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(pgdata: string) {
    this.#pgdata = pgdata;
  }

  /** Below the data directory; undefined for other files, and for those that are gone. */
  pathOf(inode: number): string | undefined {
    const key = String(inode);
    const known = this.#paths.get(key);
    if (known !== undefined || performance.now() - this.#readAt < LOOK_AGAIN_MS) return known;
    this.#readAt = performance.now();
    const paths = new Map(this.#paths);
    for (const folder of FOLDERS) collect(this.#pgdata, folder, MOST_DEPTH, paths);
    this.#paths = paths;
    return paths.get(key);
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
