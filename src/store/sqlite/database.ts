/** The file: its tables, and that one process writes it at a time. */
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PebbleError } from '../../base/errors.ts';
import { strangerWhoWrites } from '../../base/strangers.ts';
import { processMark } from '../claim.ts';
import { KINDS, type Kind, type KindName } from '../kinds.ts';
import type { Column, Layout } from './block.ts';
import { TRY_TO_RECOVER } from './damage.ts';

const VERSION = 1;

// Tables of blocks, records and texts have rowids, unlike in files of earlier Pebbles: a search without reads whole rows only to compare their keys.
const SCHEMA = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE series (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, parts TEXT NOT NULL, last_ms INTEGER NOT NULL, UNIQUE (kind, parts));
  CREATE TABLE texts (fingerprint TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, truncated INTEGER NOT NULL);
  CREATE TABLE layouts (id INTEGER PRIMARY KEY, description TEXT NOT NULL UNIQUE);
  CREATE TABLE intervals (
    id INTEGER PRIMARY KEY, level INTEGER NOT NULL, start_ms INTEGER NOT NULL, host TEXT NOT NULL,
    observed_us INTEGER NOT NULL, coverage INTEGER NOT NULL, dropped INTEGER NOT NULL, rolled INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX intervals_by_time ON intervals (level, start_ms);
  CREATE INDEX intervals_to_roll ON intervals (level, start_ms) WHERE rolled = 0;
  CREATE TABLE blocks (interval_id INTEGER NOT NULL, kind TEXT NOT NULL, layout INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (interval_id, kind));
  CREATE TABLE records (
    kind TEXT NOT NULL, host TEXT NOT NULL, cluster TEXT NOT NULL, id TEXT NOT NULL,
    from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, host, cluster, id)
  );
  CREATE INDEX records_by_time ON records (kind, to_ms);
`;

export interface OpenOptions {
  readonly readOnly?: boolean;
}

export function openDatabase(path: string, { readOnly = false }: OpenOptions = {}): DatabaseSync {
  try {
    if (readOnly) refuseMissing(path);
    else makePrivate(path);
    const database = new DatabaseSync(path, { readOnly, timeout: 5000 });
    // A file of somebody else's may hold views and triggers that call what they like.
    database.exec('PRAGMA trusted_schema = OFF');
    if (!readOnly) prepare(database);
    checkVersion(database);
    return database;
  } catch (cause) {
    if (cause instanceof PebbleError) throw cause;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new PebbleError('io', {
      doing: `opening the history ${path}`,
      what,
      hint: /not a database|malformed/.test(what)
        ? TRY_TO_RECOVER
        : 'the folder must exist and be writable for whoever runs Pebble',
      cause,
    });
  }
}

function refuseMissing(path: string): void {
  if (existsSync(path)) return;
  throw new PebbleError('no-target', {
    doing: 'opening the history',
    what: `there is no file ${path}`,
    hint: `\`pebble agent --store sqlite:${path}\` writes one`,
  });
}

/** Query texts are nobody's business but those who may read them: the file and its companions are the owner's. */
function makePrivate(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) makeEmpty(path);
  const stranger = strangerWhoWrites(statSync(path));
  if (stranger === undefined) return;
  throw new PebbleError('io', {
    doing: `opening the history ${path}`,
    what: stranger,
    hint: 'what others write there would be read as history: chown it, chmod 600, or name another file',
  });
}

/** Where it is said to be, and not where a link points to. */
function makeEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** With `synchronous = NORMAL` a killed process loses nothing that was committed; only a power failure can take the last commits. */
function prepare(database: DatabaseSync): void {
  // The size first: after the other it is not taken. A block ends in the middle of a page, so that small pages lose less.
  database.exec('PRAGMA page_size = 2048; PRAGMA auto_vacuum = INCREMENTAL');
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216');
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version !== 0) return;
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = ${VERSION}; COMMIT`);
}

function checkVersion(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version === VERSION) return;
  throw new PebbleError('format', {
    what: `the file has version ${version} of the history's tables, and this Pebble knows version ${VERSION}`,
    hint: 'use the Pebble that wrote it, or another file',
  });
}

/** Two agents on one file would count everything twice. */
export function claim(database: DatabaseSync, path: string): void {
  const row = database.prepare("SELECT value FROM meta WHERE name = 'writer'").get() as { value: string } | undefined;
  const mine = processMark(process.pid);
  if (row && row.value !== mine && processMark(Number(row.value.split(' ')[0])) === row.value) {
    throw new PebbleError('io', {
      doing: `opening the history ${path}`,
      what: `process ${row.value.split(' ')[0]} is writing it`,
      hint: 'an agent needs a history of its own: give another --store, or stop the other one',
    });
  }
  database.prepare("INSERT OR REPLACE INTO meta VALUES ('writer', ?)").run(mine);
}

/** How blocks of a kind are written now, and the text by which the file remembers that. */
export function layoutOf(kind: KindName): WrittenLayout {
  const layout = layouts.get(kind) ?? makeLayout(kind);
  layouts.set(kind, layout);
  return layout;
}

/** Asked for with every block: worked out once, by whoever writes. */
const layouts = new Map<KindName, WrittenLayout>();

interface WrittenLayout {
  readonly layout: Layout;
  readonly description: string;
}

function makeLayout(kind: KindName): WrittenLayout {
  const { counters, histogram, near = {} }: Kind = KINDS[kind];
  const described = Object.entries(counters).map(([name, rule]) => ({ name, rule, near: near[name] ?? [] }));
  const description = JSON.stringify({ columns: described, histogram: histogram !== null });
  return { layout: parseLayout(description).layout, description };
}

export interface ParsedLayout {
  readonly layout: Layout;
  readonly names: readonly string[];
}

export function parseLayout(description: string): ParsedLayout {
  const { columns, histogram } = JSON.parse(description) as {
    readonly columns: readonly { readonly name: string; readonly rule: string; readonly near: readonly string[] }[];
    readonly histogram: boolean;
  };
  const names = columns.map(({ name }) => name);
  const parsed: Column[] = columns.map(({ rule, near }) => ({
    isMax: rule === 'max',
    near: near.map((name) => names.indexOf(name)),
  }));
  return { layout: { columns: parsed, hasHistogram: histogram }, names };
}
