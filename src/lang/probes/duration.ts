/** Reads the time part of profile and interval probes: `s:1`, `ms:100`, `us:50`, `hz:99`, `99ms`, `1000`. */

export type Pace =
  | { readonly frequency: number; readonly period?: undefined }
  /** Nanoseconds. */
  | { readonly period: bigint; readonly frequency?: undefined };

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
};

/** Of what is written as one number, in nanoseconds. */
const SHORTEST = 1000n;

export const TIME_UNITS = ['hz', 'us', 'ms', 's'];

/** The parts behind the probe's name; undefined when they are no time. A text says what is wrong with one. */
export function parsePace(name: string, parts: readonly string[]): Pace | string | undefined {
  const [unit, count = ''] = parts.length === 1 ? split(parts[0]!) : parts;
  if (unit === undefined) return `Invalid rate of ${name} probe: ${notANumber(parts.join(':'))}`;
  const value = parseCount(count);
  if (value === undefined) return `Invalid rate of ${name} probe: ${notANumber(count)}`;
  const scale = UNITS[unit];
  if (parts.length === 1 && scale !== undefined && value * scale < SHORTEST) {
    return `Invalid rate of ${name} probe. Minimum is ${SHORTEST} or 1us. Found: ${value * scale} nanoseconds`;
  }
  if (value <= 0n) return `${parts.join(':')} must be greater than 0`;
  if (unit === 'hz') return { frequency: Number(value) };
  return scale === undefined ? undefined : { period: value * scale };
}

/** `100`, `1_000`, `1e6` */
export function parseCount(text: string): bigint | undefined {
  return /^\d[\d_]*(?:e\d+)?$/.test(text) ? BigInt(Number(text.replaceAll('_', ''))) : undefined;
}

/** Why a text is no number. */
export const notANumber = (text: string): string =>
  /^\d/.test(text) ? `invalid trailing bytes: ${text}` : `invalid integer: ${text}`;

/** `99ms` is unit ms, count 99; a bare number counts nanoseconds. */
function split(text: string): [string, string] | [] {
  const match = /^([\d_]+(?:e\d+)?)([a-z]*)$/.exec(text);
  return match ? [match[2] || 'ns', match[1]!] : [];
}
