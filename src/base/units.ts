/** Amounts for people: three significant digits and a unit that fits. Rows for machines keep plain numbers. */

/** `0µs`, `999µs`, `1.23ms`, `45.6s`, `2m05s`, `3h07m`, `4d02h`. */
export function formatMicroseconds(microseconds: number): string {
  const seconds = microseconds / 1e6;
  if (seconds < 60) return scaled(microseconds, 1000, ['µs', 'ms', 's']);
  const whole = Math.floor(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${twoDigits(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${twoDigits(Math.floor(whole / 60) % 60)}m`;
  return `${Math.floor(whole / 86_400)}d${twoDigits(Math.floor(whole / 3600) % 24)}h`;
}

/** `0B`, `1023B`, `1.50KiB`, `3.21GiB`. */
export const formatBytes = (bytes: number): string => scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);

/** Whole numbers in full up to six digits, then `1.23M`, `45.6G`. */
export function formatCount(count: number): string {
  return Math.abs(count) < 1e6 ? String(Math.round(count)) : scaled(count / 1e6, 1000, ['M', 'G', 'T', 'P']);
}

/** A number of something per second: `0.12`, `45.6`, `789`, `1.23M`. */
export const formatRate = (rate: number): string => (rate < 1000 ? threeDigits(rate) : formatCount(rate));

/** Sessions at a moment, of which a few thousandths still say something: `4.22`, `0.004`. */
export const formatLoad = (sessions: number): string =>
  sessions > 0 && sessions < 0.005 ? (sessions < 0.0005 ? '<0.001' : sessions.toFixed(3)) : formatRate(sessions);

/** A part of 1: `0%`, `0.12%`, `45.6%`, `100%`. */
export const formatShare = (share: number): string => `${threeDigits(share * 100)}%`;

/** Divides until the number is below `step`; a rounding that reaches it takes the next unit. */
function scaled(value: number, step: number, units: readonly string[]): string {
  let amount = value;
  let at = 0;
  while (at < units.length - 1 && Math.abs(Number(threeDigits(amount))) >= step) {
    amount /= step;
    at++;
  }
  const digits = at === 0 && Number.isInteger(value) ? String(amount) : threeDigits(amount);
  return `${digits}${units[at]}`;
}

/** Three significant digits, never in exponents. */
function threeDigits(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 99.95) return String(Math.round(value));
  return value.toFixed(size >= 9.995 ? 1 : 2);
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');
