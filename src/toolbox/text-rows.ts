/** What a tool finds, as text: tables of events and of map entries, histograms as bpftrace prints them. */

import type { Column } from '../terminal/column.ts';
import { layoutTable, sanitize, textColumn } from '../terminal/index.ts';
import type { OutputFormat } from '../tracer/format/output-format.ts';
import { type ByteText, type Printable, type PrintableRecord, toBytes } from '../tracer/format/printable.ts';
import { textOf } from '../tracer/format/printable-text.ts';
import type { MapSnapshot } from '../tracer/format/snapshot.ts';
import { textFormat } from '../tracer/format/text-output.ts';

export interface TextOptions {
  /** Entries of a table that are shown; the rest is counted. */
  readonly top: number;
  /** Columns of the terminal. */
  readonly width?: number;
}

export function textRows(options: TextOptions): OutputFormat {
  const events = eventLines(options.width);
  return {
    ...textFormat,
    map: (snapshot) => (isTable(snapshot) ? table(snapshot, options) : textFormat.map(withPlainKeys(snapshot))),
    emit: (name, value) => (isRecord(value) ? events(name, value) : textFormat.emit(name, value)),
    end: () => '',
  };
}

type Cells = readonly (readonly [name: ByteText, value: Printable])[];

const isRecord = (value: unknown): value is PrintableRecord =>
  value !== null && typeof value === 'object' && (value as { kind?: unknown }).kind === 'record';

/** Histograms are blocks of their own; everything else under named keys is a table. */
function isTable({ type, scalar, rows }: MapSnapshot): boolean {
  return type === 'map' && !scalar && rows.some(({ key, value }) => isRecord(key) || isRecord(value));
}

/** Largest first, by the first number that is not part of the key. */
function table({ name, rows }: MapSnapshot, { top, width }: TextOptions): ByteText {
  const cells = rows
    .toSorted((a, b) => compare(weight(b.value), weight(a.value)))
    .map(
      ({ key, value }): Cells => [
        ...(isRecord(key) ? key.fields : ([['key', key]] as const)),
        ...(isRecord(value) ? value.fields : ([[name.slice(1) || 'value', value as Printable]] as const)),
      ],
    );
  const lines = layoutTable(columnsOf(cells[0]!), cells.slice(0, top), width === undefined ? {} : { width });
  const rest = cells.length > top ? [`… ${cells.length - top} more`] : [];
  return toBytes(`${[...lines, ...rest].join('\n')}\n`);
}

function weight(value: MapSnapshot['rows'][number]['value']): bigint {
  const parts = isRecord(value) ? value.fields.map(([, part]) => part) : [value as Printable];
  const first = parts.find(isNumber);
  return first === undefined ? 0n : (first as { readonly value: bigint }).value;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

const columnsOf = (cells: Cells): Column<Cells>[] =>
  cells.map(([title, value], at) => columnOf(title, value, at, at === cells.length - 1));

function columnOf(title: ByteText, sample: Printable, at: number, last: boolean): Column<Cells> {
  const column = textColumn<Cells>(
    title.toUpperCase(),
    (cells) => readable(cells[at]![1]),
    last ? { flexible: true } : {},
  );
  return isNumber(sample) ? { ...column, align: 'right' } : column;
}

const isNumber = (value: Printable): boolean => value !== null && typeof value === 'object' && value.kind === 'int';

/** Bytes of the traced program as harmless text. */
const readable = (value: Printable): string => sanitize(Buffer.from(textOf(value), 'latin1').toString());

/** Events come one by one: their columns begin as wide as such values usually are, and grow. */
const USUAL_WIDTHS: Readonly<Record<ByteText, number>> = { pid: 7, ppid: 7, tid: 7, comm: 15, us: 8, ms: 8 };

/** The line of an event, under the titles where they are new or have moved. */
function eventLines(width: number | undefined): (name: ByteText, value: PrintableRecord) => ByteText {
  let shown: ByteText | undefined;
  const known = new Map<ByteText, number[]>();
  return (name, { fields }) => {
    const widths = known.get(name) ?? fields.map(([field]) => USUAL_WIDTHS[field] ?? 0);
    const before = shown === name ? widths.join() : undefined;
    const columns = columnsOf(fields);
    const [titles, line] = layoutTable(columns, [fields], { widths, ...(width !== undefined && { width }) });
    known.set(name, widths);
    shown = name;
    return toBytes(before === widths.join() ? `${line}\n` : `${titles}\n${line}\n`);
  };
}

/** A histogram's key that is a record: its names and values. */
function withPlainKeys(snapshot: MapSnapshot): MapSnapshot {
  const plain = (key: Printable): Printable =>
    isRecord(key) ? key.fields.map(([name, value]) => `${name} ${textOf(value)}`).join(', ') : key;
  const rows = snapshot.rows.map((row) => ({ ...row, key: row.key === null ? null : plain(row.key) }));
  return { ...snapshot, rows } as MapSnapshot;
}
