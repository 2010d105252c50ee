/** Runs one SELECT after another over rows that come with it, in SQLite in memory: a process of its own, which can be killed in the middle of one. */
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

/** SQLite's affinity by our types; it keeps the declared one for whoever asks what a column is. */
const CONVERT: Readonly<Record<string, (text: string) => string | number | bigint>> = {
  bigint: BigInt,
  integer: Number,
  'double precision': Number,
  boolean: (text) => (text === 't' ? 1 : 0),
};

function run({ sql, tables, mostRows }: Work): Answer {
  const database = new DatabaseSync(':memory:', { allowExtension: false });
  try {
    database.exec('PRAGMA case_sensitive_like = ON; PRAGMA trusted_schema = OFF');
    database.function('version', () => 'PostgreSQL 15.0 (Pebble: SQL over what its agent sees)');
    for (const table of tables) fill(database, table);
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    const columns = statement.columns().map(({ name, type }) => ({ name, type }));
    const rows: (string | null)[][] = [];
    for (const row of statement.iterate() as Iterable<unknown>) {
      if (rows.length === mostRows) throw new Error(`the result has more than ${mostRows} rows`);
      rows.push((row as unknown[]).map((value, at) => textOf(value, columns[at]!.type)));
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

process.on('message', (work: Work) => {
  try {
    process.send!({ answer: run(work) });
  } catch (error) {
    process.send!({ error: error instanceof Error ? error.message : String(error) });
  }
});
