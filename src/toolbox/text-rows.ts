/** What a tool finds, as text: tables of events and of map entries, histograms as bpftrace prints them. */
import { formatBytes, formatMicroseconds } from '../base/units.ts';
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
    map: (snapshot) => (isTable(snapshot) ? table(snapshot, options) : blocks(snapshot, options)),
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

/** As bpftrace prints them, the largest last: of numbers by stack, or the like, those. */
function blocks(snapshot: MapSnapshot, { top }: TextOptions): ByteText {
  const { type, scalar, rows } = snapshot;
  const left = type === 'map' && !scalar ? Math.max(0, rows.length - top) : 0;
  const shown = left > 0 ? ({ ...snapshot, rows: rows.slice(left) } as MapSnapshot) : snapshot;
  return `${left > 0 ? toBytes(`… ${left} smaller ones\n`) : ''}${textFormat.map(withPlainKeys(shown))}`;
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
  const lines = layoutTable(columnsOf(cells[0]!, width), cells.slice(0, top), width === undefined ? {} : { width });
  const rest = cells.length > top ? [`… ${cells.length - top} more`] : [];
  return toBytes(`${[...lines, ...rest].join('\n')}\n`);
}

function weight(value: MapSnapshot['rows'][number]['value']): bigint {
  const parts = isRecord(value) ? value.fields.map(([, part]) => part) : [value as Printable];
  return parts.find(isNumber)?.value ?? 0n;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Below this a terminal has no room for both ids and what they stand for. */
const ROOM_FOR_IDS = 120;
/** Who reads a file has no more in mind than most terminals; its last column is not cut. */
const USUAL_COLUMNS = 99;
const IDS: readonly ByteText[] = ['query_id', 'user'];

/** The statement is last and takes what the others leave, as the name of a relation does; where that is too little, ids go: --json has them. */
function columnsOf(cells: Cells, width = USUAL_COLUMNS): Column<Cells>[] {
  const hasQuery = cells.some(([name]) => name === 'query');
  const isShown = (name: ByteText) => !hasQuery || width >= ROOM_FOR_IDS || !IDS.includes(name);
  const places = cells.flatMap(([name], at) => (isShown(name) && name !== 'query' ? [at] : []));
  if (hasQuery) places.push(cells.findIndex(([name]) => name === 'query'));
  return places.map((at, place) =>
    columnOf(cells[at]!, at, place === places.length - 1 || cells[at]![0] === 'relation'),
  );
}

function columnOf([name, sample]: Cells[number], at: number, flexible: boolean): Column<Cells> {
  const { title, format } = unitOf(name);
  const text = (cells: Cells) => {
    const [, value] = cells[at]!;
    return isNumber(value) && format ? format(Number(value.value)) : readable(value);
  };
  const column = textColumn<Cells>(title.toUpperCase(), text, flexible ? { flexible } : {});
  return isNumber(sample) ? { ...column, align: 'right' } : column;
}

/** The unit of a number is in its name; people read it beside the number. */
function unitOf(name: ByteText): { readonly title: ByteText; readonly format?: (value: number) => string } {
  if (name === 'us') return { title: 'time', format: formatMicroseconds };
  if (name.endsWith('_us')) return { title: name.slice(0, -3), format: formatMicroseconds };
  if (name === 'bytes') return { title: name, format: formatBytes };
  return name.endsWith('_bytes') ? { title: name.slice(0, -6), format: formatBytes } : { title: name };
}

type Int = Extract<Printable, { readonly kind: 'int' }>;

const isNumber = (value: Printable): value is Int =>
  value !== null && typeof value === 'object' && value.kind === 'int';

/** Bytes of the traced program as harmless text. */
const readable = (value: Printable): string => sanitize(Buffer.from(textOf(value), 'latin1').toString());

/** Events come one by one: their columns begin as wide as such values usually are, and grow. */
const USUAL_WIDTHS: Readonly<Record<string, number>> = { PID: 7, PPID: 7, TID: 7, COMM: 15, TIME: 7, MS: 8 };

/** The line of an event, under the titles where they are new or have moved. */
function eventLines(width: number | undefined): (name: ByteText, value: PrintableRecord) => ByteText {
  let shown: ByteText | undefined;
  const known = new Map<ByteText, number[]>();
  return (name, { fields }) => {
    const columns = columnsOf(fields, width);
    const widths = known.get(name) ?? columns.map(({ title }) => USUAL_WIDTHS[title] ?? 0);
    const before = shown === name ? widths.join() : undefined;
    const [titles, line] = layoutTable(columns, [fields], { widths, ...(width !== undefined && { width }) });
    known.set(name, widths);
    shown = name;
    // What the last column grows by moves nothing.
    const moved = before !== widths.join() && !isLastOnly(before, widths);
    return toBytes(moved ? `${titles}\n${line}\n` : `${line}\n`);
  };
}

const isLastOnly = (before: string | undefined, widths: readonly number[]): boolean =>
  before !== undefined && before.split(',').slice(0, -1).join() === widths.slice(0, -1).join();

/** A histogram's key that is a record: its names and values. */
function withPlainKeys(snapshot: MapSnapshot): MapSnapshot {
  const plain = (key: Printable): Printable =>
    isRecord(key) ? key.fields.map(([name, value]) => `${name} ${textOf(value)}`).join(', ') : key;
  const rows = snapshot.rows.map((row) => ({ ...row, key: row.key === null ? null : plain(row.key) }));
  return { ...snapshot, rows } as MapSnapshot;
}
