/** strftime(3) in the C locale, in the time zone of this process. */
import type { ByteText } from './printable.ts';

const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAY_MS = 86_400_000;

const two = (value: number, fill = '0'): string => String(value).padStart(2, fill);
const hour12 = (at: Date): number => at.getHours() % 12 || 12;
/** Days since January 1st; counted in UTC so that a change of the clock does not matter. */
const yearDay = (at: Date): number =>
  Math.round((Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) - Date.UTC(at.getFullYear(), 0)) / DAY_MS);

/** Week and year of ISO 8601: the week that has the Thursday. */
function isoWeek(at: Date): { year: number; week: number } {
  const thursday = new Date(at.getFullYear(), at.getMonth(), at.getDate() + 4 - (at.getDay() || 7));
  return { year: thursday.getFullYear(), week: Math.floor(yearDay(thursday) / 7) + 1 };
}

function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

function zoneName(at: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(at);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

const CONVERSIONS: Readonly<Record<string, (at: Date) => string>> = {
  a: (at) => DAYS[at.getDay()]!.slice(0, 3),
  A: (at) => DAYS[at.getDay()]!,
  b: (at) => MONTHS[at.getMonth()]!.slice(0, 3),
  B: (at) => MONTHS[at.getMonth()]!,
  c: (at) => strftime('%a %b %e %H:%M:%S %Y', at),
  C: (at) => two(Math.floor(at.getFullYear() / 100)),
  d: (at) => two(at.getDate()),
  D: (at) => strftime('%m/%d/%y', at),
  e: (at) => two(at.getDate(), ' '),
  F: (at) => strftime('%Y-%m-%d', at),
  g: (at) => two(isoWeek(at).year % 100),
  G: (at) => String(isoWeek(at).year),
  h: (at) => MONTHS[at.getMonth()]!.slice(0, 3),
  H: (at) => two(at.getHours()),
  I: (at) => two(hour12(at)),
  j: (at) => String(yearDay(at) + 1).padStart(3, '0'),
  k: (at) => two(at.getHours(), ' '),
  l: (at) => two(hour12(at), ' '),
  m: (at) => two(at.getMonth() + 1),
  M: (at) => two(at.getMinutes()),
  n: () => '\n',
  p: (at) => (at.getHours() < 12 ? 'AM' : 'PM'),
  P: (at) => (at.getHours() < 12 ? 'am' : 'pm'),
  r: (at) => strftime('%I:%M:%S %p', at),
  R: (at) => strftime('%H:%M', at),
  s: (at) => String(Math.floor(at.getTime() / 1000)),
  S: (at) => two(at.getSeconds()),
  t: () => '\t',
  T: (at) => strftime('%H:%M:%S', at),
  u: (at) => String(at.getDay() || 7),
  U: (at) => two(Math.floor((yearDay(at) + 7 - at.getDay()) / 7)),
  V: (at) => two(isoWeek(at).week),
  w: (at) => String(at.getDay()),
  W: (at) => two(Math.floor((yearDay(at) + 7 - ((at.getDay() + 6) % 7)) / 7)),
  x: (at) => strftime('%m/%d/%y', at),
  X: (at) => strftime('%H:%M:%S', at),
  y: (at) => two(at.getFullYear() % 100),
  Y: (at) => String(at.getFullYear()),
  z: offset,
  Z: zoneName,
  '%': () => '%',
};

/** E and O modifiers mean nothing in the C locale; conversions that do not exist stay as they are. */
export function strftime(format: ByteText, at: Date): ByteText {
  return format.replace(/%[EO]?(.)/gs, (whole, conversion: string) => CONVERSIONS[conversion]?.(at) ?? whole);
}

/** strftime() of the language: %f, %l and %k are the micro-, milli- and nanoseconds of the second. */
export function formatTimestamp(format: ByteText, epochNanoseconds: bigint): ByteText {
  const seconds = epochNanoseconds / 1_000_000_000n;
  if (seconds === 0n) return '(?)';
  const nanoseconds = (epochNanoseconds % 1_000_000_000n).toString().padStart(9, '0');
  const expanded = format
    .replaceAll('%f', nanoseconds.slice(0, 6))
    .replaceAll('%k', nanoseconds)
    .replaceAll('%l', nanoseconds.slice(0, 3));
  return strftime(expanded, new Date(Number(seconds) * 1000));
}
