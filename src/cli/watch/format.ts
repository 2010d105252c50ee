/** What tables of several commands say in the same way. */
import type { InnerFields } from '../../api/index.ts';
import { formatMicroseconds } from '../../base/units.ts';

/** For a column: one line whatever the text was. */
export const oneLine = (text: string | null): string => (text ?? '(text not seen)').replace(/\s+/g, ' ');

/** Characters of a statement before what is executed inside of it. */
const OUTER = 40;

/** A statement, and what is executed inside of it. */
export function nested(row: { readonly query: string | null } & Partial<InnerFields>): string | null {
  const { query, inner_query: inner, inner_fingerprint: fingerprint } = row;
  if (fingerprint == null) return query;
  const outer = oneLine(query);
  const short = outer.length > OUTER ? `${outer.slice(0, OUTER - 1)}…` : outer;
  return `${short} ▸ ${inner ?? '(not known)'}`;
}

/** For the detail of a row. */
export const time = (microseconds: number | null): string =>
  microseconds === null ? '-' : formatMicroseconds(microseconds);

/** Of something per second: a count within a window. */
export const perSecond = (row: { readonly window_us: number }, count: number): number => (count * 1e6) / row.window_us;

/** Average number of sessions at it: time per time. */
export const sessions = (row: { readonly window_us: number }, microseconds: number): number =>
  microseconds / row.window_us;
