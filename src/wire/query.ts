/** Turns a SELECT in PostgreSQL's words into one in SQLite's, and finds which relations and which range it is about. */
import { parseMoment } from '../base/time.ts';
import { RANGE_COLUMNS, RELATIONS } from './catalog.ts';
import { SqlFailure } from './messages.ts';
import type { Token } from './tokens.ts';

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Query {
  readonly sql: string;
  readonly relations: readonly string[];
  /** Absent where none is asked for. */
  readonly range: TimeRange | undefined;
  /** Columns of the one relation, all of whose rows are wanted as they are: no engine is needed; `null` stands for NULL. */
  readonly plain: readonly (string | null)[] | undefined;
}

const SCHEMAS = new Set(['public', 'pebble', 'pg_catalog']);
const OPERATORS: Readonly<Record<string, string>> = { '~~': 'LIKE', '!~~': 'NOT LIKE' };
const NUMBERS = new Set(['bigint', 'integer', 'smallint', 'int', 'int2', 'int4', 'int8', 'numeric', 'double', 'real']);

export type Values = readonly (string | null)[];

export function translate(tokens: readonly Token[], values: Values, nowMs: number): Query {
  const moments = new Map<string, number>();
  const words: string[] = [];
  const relations = new Set<string>();
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    const isSchema = SCHEMAS.has(token.value) && tokens[at + 1]?.value === '.';
    if (isSchema) {
      at++;
      continue;
    }
    const [end, type] = castAfter(tokens, at);
    const range = rangeBefore(tokens, at);
    const word = literalOf(token, values, { type, isMoment: range !== undefined, nowMs });
    if (range && word !== undefined) {
      const ms = momentOf(valueIn(token, values), nowMs);
      if (moments.has(range) && moments.get(range) !== ms) throw new SqlFailure('0A000', 'one range at a time');
      moments.set(range, ms);
    }
    if (isRelation(token, words.at(-1))) relations.add(token.value);
    words.push(word ?? wordOf(token, nowMs));
    at = end;
  }
  const range = rangeOf(moments);
  return { sql: words.join(' '), relations: [...relations], range, plain: plainColumns(words, [...relations]) };
}

const isRelation = ({ kind, value }: Token, before: string | undefined): boolean =>
  (kind === 'word' || kind === 'quoted') && RELATIONS.has(value) && ['from', 'join', ',', '('].includes(before ?? '');

function wordOf({ kind, value }: Token, nowMs: number): string {
  if (kind === 'quoted') return `"${value.replaceAll('"', '""')}"`;
  if (kind === 'word' && value === 'current_timestamp') return quoted(new Date(nowMs).toISOString());
  return kind === 'sign' ? (OPERATORS[value] ?? value) : value;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`;

function valueIn({ kind, value }: Token, values: Values): string | null {
  if (kind !== 'parameter') return value;
  const index = Number(value.slice(1)) - 1;
  if (index < 0 || index >= values.length) throw new SqlFailure('42P02', `there is no parameter ${value}`);
  return values[index]!;
}

interface Meaning {
  readonly type: string | undefined;
  readonly isMoment: boolean;
  readonly nowMs: number;
}

/** A constant in SQLite's words; nothing for other tokens. */
function literalOf(token: Token, values: Values, { type, isMoment, nowMs }: Meaning): string | undefined {
  if (token.kind !== 'text' && token.kind !== 'parameter') return undefined;
  const value = valueIn(token, values);
  if (value === null) return 'NULL';
  if (isMoment || type === 'timestamp' || type === 'timestamptz') {
    return quoted(new Date(momentOf(value, nowMs)).toISOString());
  }
  // Parameters of drivers say no type: what looks like a number is compared as one.
  const isNumber = type === undefined ? token.kind === 'parameter' : NUMBERS.has(type);
  if (isNumber && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return value;
  if (type === 'boolean' || type === 'bool') return /^t/i.test(value) ? 'TRUE' : 'FALSE';
  return quoted(value);
}

function momentOf(text: string | null, nowMs: number): number {
  // PostgreSQL: 2026-01-31 03:00:00.123456+00.
  const iso = text?.replace(/(\.\d{3})\d+/, '$1').replace(/([+-]\d{2})$/, '$1:00');
  const ms = iso === undefined ? undefined : parseMoment(iso, nowMs);
  if (ms === undefined)
    throw new SqlFailure('22007', `invalid input syntax for type timestamp with time zone: "${text}"`);
  return ms;
}

/** The type of `… :: type` behind a token, and where it ends. SQLite has no such casts: constants are converted here. */
function castAfter(tokens: readonly Token[], at: number): [end: number, type: string | undefined] {
  let end = at;
  let type: string | undefined;
  while (tokens[end + 1]?.value === '::') {
    let name = end + 2;
    if (tokens[name + 1]?.value === '.') name += 2;
    type = tokens[name]?.value;
    end = name;
    while (MORE_OF_TYPE.has(tokens[end + 1]?.value ?? '') && tokens[end + 1]!.kind === 'word') end++;
    if (tokens[end + 1]?.value === '(' && tokens[end + 2]?.kind === 'number' && tokens[end + 3]?.value === ')')
      end += 3;
    while (MORE_OF_TYPE.has(tokens[end + 1]?.value ?? '') && tokens[end + 1]!.kind === 'word') end++;
    if (tokens[end + 1]?.value === '[' && tokens[end + 2]?.value === ']') end += 2;
  }
  return [end, type];
}
const MORE_OF_TYPE = new Set(['precision', 'varying', 'with', 'without', 'time', 'zone']);

/** `range_from =` before a constant. */
function rangeBefore(tokens: readonly Token[], at: number): string | undefined {
  const name = tokens[at - 2]?.value ?? '';
  const isRange = tokens[at - 1]?.value === '=' && (RANGE_COLUMNS as readonly string[]).includes(name);
  return isRange ? name : undefined;
}

function rangeOf(moments: ReadonlyMap<string, number>): TimeRange | undefined {
  if (moments.size === 0) return undefined;
  const [fromMs, toMs] = RANGE_COLUMNS.map((name) => moments.get(name));
  if (fromMs === undefined || toMs === undefined)
    throw new SqlFailure('0A000', 'a range needs both of its ends', `write WHERE range_from = '…' AND range_to = '…'`);
  if (fromMs >= toMs) throw new SqlFailure('22023', 'range_to must be later than range_from');
  return { fromMs, toMs };
}

const PLAIN =
  /^select ((?:"?\w+"?|\*)(?: , "?\w+"?)*) from (?:"?\w+"?)(?: where ((?:\( ?)*range_(?:from|to) = '[^']*'(?: ?\))*(?: and (?:\( ?)*range_(?:from|to) = '[^']*'(?: ?\))*)*))?$/;

function plainColumns(words: readonly string[], relations: readonly string[]): (string | null)[] | undefined {
  const [, list] = relations.length === 1 ? (PLAIN.exec(words.join(' ')) ?? []) : [];
  if (list === undefined) return undefined;
  const columns = RELATIONS.get(relations[0]!)!.columns.map(({ name }) => name);
  if (list === '*') return columns;
  const wanted = list.split(' , ').map((name) => name.replaceAll('"', ''));
  const known = wanted.every((name) => name === 'null' || columns.includes(name));
  return known ? wanted.map((name) => (name === 'null' ? null : name)) : undefined;
}
