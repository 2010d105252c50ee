/** What a request asks for: a range of time and the facets that rows must have. */
import { FACETS, type Facet, type Facets } from '../api/facets.ts';
import { PebbleError } from '../base/errors.ts';
import { parseDuration } from '../base/time.ts';
import type { Filter, TimeRange } from '../store/index.ts';

export { FACETS, type Facet, type Facets };

export interface Question {
  readonly range: TimeRange;
  readonly facets: Facets;
  /** Everything else of the address. */
  readonly params: URLSearchParams;
}

/** `nowMs`: the agent's clock, which `last` ends at. */
export function questionOf(params: URLSearchParams, nowMs: number): Question {
  const given = FACETS.flatMap((name) => (params.get(name) === null ? [] : [[name, params.get(name)!] as const]));
  return { range: rangeOf(params, nowMs), facets: Object.fromEntries(given) as Facets, params };
}

function rangeOf(params: URLSearchParams, nowMs: number): TimeRange {
  const last = params.get('last');
  if (last !== null) {
    const ms = parseDuration(last);
    if (!ms) throw bad('last', last, 'write a duration: 90s, 5m, 1d');
    return { fromMs: nowMs - ms, toMs: nowMs + 1 };
  }
  const [from, to] = [momentOf(params, 'from'), momentOf(params, 'to')];
  if (from >= to) throw bad('to', params.get('to'), 'it must be later than `from`');
  return { fromMs: from, toMs: to };
}

function momentOf(params: URLSearchParams, name: string): number {
  const moment = Date.parse(params.get(name) ?? '');
  if (Number.isNaN(moment)) throw bad(name, params.get(name), 'write `last=5m`, or `from` and `to` as RFC 3339');
  return moment;
}

/** A whole number of the address within bounds. */
export function numberOf({ params }: Question, name: string, usual: number, most: number): number {
  const text = params.get(name);
  if (text === null) return usual;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw bad(name, text, `write a whole number of 1 to ${most}`);
  return number;
}

export function bad(name: string, value: string | null, hint: string): PebbleError {
  const what =
    value === null ? `there is no \`${name}\`` : `${JSON.stringify(value.slice(0, 100))} cannot be read as \`${name}\``;
  return new PebbleError('usage', { doing: 'reading the address', what, hint });
}

/** Where a kind of series has no such field, nobody can be asked for it. */
export const filterOf = (facets: Facets, names: readonly Facet[]): Filter =>
  Object.fromEntries(names.flatMap((name) => (facets[name] === undefined ? [] : [[name, facets[name]]])));
