/** What tables of several commands say in the same way. */
import { formatMicroseconds } from '../../base/units.ts';

/** For a column: one line whatever the text was. */
export const oneLine = (text: string | null): string => (text ?? '(text not seen)').replace(/\s+/g, ' ');

/** For the detail of a row. */
export const time = (microseconds: number | null): string =>
  microseconds === null ? '-' : formatMicroseconds(microseconds);

/** Of something per second: a count within a window. */
export const perSecond = (row: { readonly window_us: number }, count: number): number => (count * 1e6) / row.window_us;

/** Average number of sessions at it: time per time. */
export const sessions = (row: { readonly window_us: number }, microseconds: number): number =>
  microseconds / row.window_us;
