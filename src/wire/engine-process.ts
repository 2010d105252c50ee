/** Runs one SELECT after another over rows that come with it, in SQLite in memory: a process of its own, which can be killed in the middle of one. */
import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface Table {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
}
export interface Work {
  readonly sql: string;
  readonly tables: readonly Table[];
  readonly mostRows: number;
}
export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string | null }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Of one value, and of all that are sent. The memory in between is the agent's to watch: Node's SQLite does not count it. */
const MOST_VALUE_BYTES = 16 * 2 ** 20;
const MOST_BYTES = 64 * 2 ** 20;

/** SQLite's affinity by our types; it keeps the declared one for whoever asks what a column is. */
const CONVERT: Readonly<Record<string, (text: string) => string | number | bigint>> = {
  bigint: BigInt,
  integer: Number,
  'double precision': Number,
  boolean: (text) => (text === 't' ? 1 : 0),
};

function run({ sql, tables, mostRows }: Work): Answer {
  const database = new DatabaseSync(':memory:', { limits: { length: MOST_VALUE_BYTES, attach: 0 } });
  try {
    database.exec('PRAGMA case_sensitive_like = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY');
    database.function('version', () => 'PostgreSQL 15.0 (Pebble: SQL over what its agent sees)');
    for (const table of tables) fill(database, table);
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    const columns = statement.columns().map(({ name, type }) => ({ name, type }));
    const rows: (string | null)[][] = [];
    let bytes = 0;
    for (const row of statement.iterate() as Iterable<unknown>) {
      if (rows.length === mostRows) throw new Error(`the result has more than ${mostRows} rows`);
      const texts = (row as unknown[]).map((value, at) => textOf(value, columns[at]!.type));
      bytes += texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
      if (bytes > MOST_BYTES) throw new Error(`the result has more than ${MOST_BYTES / 2 ** 20} MiB`);
      rows.push(texts);
    }
    return { columns: columns.map((column, at) => ({ ...column, type: column.type ?? guess(rows, at) })), rows };
  } finally {
    database.close();
  }
}

function fill(database: DatabaseSync, { name, columns, rows }: Table): void {
  const list = columns.map((column) => `"${column.name}" ${column.type}`);
  database.exec(`CREATE TABLE "${name}" (${list.join(', ')})`);
  const insert = database.prepare(`INSERT INTO "${name}" VALUES (${columns.map(() => '?').join(', ')})`);
  const convert = columns.map(({ type }) => CONVERT[type] ?? ((text: string) => text));
  database.exec('BEGIN');
  for (const row of rows) insert.run(...row.map((text, at) => (text === null ? null : convert[at]!(text))));
  database.exec('COMMIT');
}

function textOf(value: unknown, type: string | null): string | null {
  if (value === null) return null;
  return type === 'boolean' ? (value ? 't' : 'f') : String(value);
}

/** Of an expression nothing is declared: whole numbers throughout are a bigint, numbers a double, all else is text. */
function guess(rows: Answer['rows'], at: number): string | null {
  const values = rows.flatMap((row) => row[at] ?? []);
  if (values.length === 0) return null;
  if (values.every((value) => /^-?\d{1,18}$/.test(value))) return 'bigint';
  return values.every((value) => /^-?\d+(\.\d+)?(e[+-]\d+)?$/i.test(value)) ? 'double precision' : null;
}

// Where memory is short the kernel ends this process before the agent (proc(5): oom_score_adj).
writeFileSync('/proc/self/oom_score_adj', '1000');

process.on('message', (work: Work) => {
  try {
    process.send!({ answer: run(work) });
  } catch (error) {
    process.send!({ error: error instanceof Error ? error.message : String(error) });
  }
});
