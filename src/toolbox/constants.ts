/** Statements as they may be shown, without their constants; entries that differed in these only are one. */
import type { CompiledScript } from '../lang/index.ts';
import type { OutputFormat } from '../tracer/format/output-format.ts';
import { type Printable, type PrintableRecord, toBytes } from '../tracer/format/printable.ts';
import { textOf } from '../tracer/format/printable-text.ts';
import type { MapSnapshot } from '../tracer/format/snapshot.ts';
import { rowKinds } from './rows.ts';

/** The field that is a statement's text. */
const FIELD = 'query';

export const showsStatements = (script: CompiledScript): boolean =>
  rowKinds(script).some(({ fields }) => fields.includes(FIELD));

/** `shown`: of a statement's text, what may be shown. */
export function withoutConstants(
  format: OutputFormat,
  { maps }: CompiledScript,
  shown: (text: string) => string,
): OutputFormat {
  const sums = new Set(maps.filter(({ value }) => SUMS.includes(value.kind)).map(({ name }) => name));
  const clean = <Value extends Printable>(value: Value): Value => (isRecord(value) ? cleaned(value, shown) : value);
  return {
    ...format,
    emit: (name, value) => format.emit(name, clean(value)),
    map: (snapshot) => {
      const rows = snapshot.rows.map((row) => ({ ...row, key: clean(row.key) }));
      return format.map({ ...snapshot, rows: sums.has(snapshot.name) ? addedUp(rows) : rows } as MapSnapshot);
    },
  };
}

/** Aggregations of which two make one; the tools' records hold counts. */
const SUMS: readonly string[] = ['count', 'sum', 'record'];

type Rows = MapSnapshot['rows'];
type Value = Rows[number]['value'];

const isRecord = (value: unknown): value is PrintableRecord =>
  value !== null && typeof value === 'object' && (value as { kind?: unknown }).kind === 'record';

function cleaned<Value extends PrintableRecord>(value: Value, shown: (text: string) => string): Value {
  const fields = value.fields.map(([name, part]) => {
    if (name !== FIELD || typeof part !== 'string' || part === '') return [name, part] as const;
    return [name, toBytes(shown(Buffer.from(part, 'latin1').toString()))] as const;
  });
  return { ...value, fields };
}

function addedUp(rows: Rows): Rows {
  const byKey = Map.groupBy(rows, ({ key }) => (key === null ? '' : textOf(key)));
  return [...byKey.values()].map((same) => ({
    key: same[0]!.key,
    value: same.map(({ value }) => value).reduce((sum, value) => add(sum, value)),
  }));
}

function add(a: Value, b: Value): Value {
  if (isRecord(a) && isRecord(b)) {
    const fields = a.fields.map(([name, part], at) => [name, add(part, b.fields[at]![1]) as Printable] as const);
    return { ...a, fields };
  }
  return isInt(a) && isInt(b) ? { ...a, value: a.value + b.value } : a;
}

type Int = Extract<Printable, { readonly kind: 'int' }>;
const isInt = (value: Value): value is Int => value !== null && typeof value === 'object' && value.kind === 'int';
