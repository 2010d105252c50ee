/** Reads integers as bpftrace does: bases, `_` separators, exponents, C suffixes and units of time. */

export type IntegerResult = { readonly value: bigint } | { readonly error: string };

interface Suffix {
  readonly most: bigint;
  readonly factor: bigint;
}

const U64_MAX = 2n ** 64n - 1n;
const I64_MAX = 2n ** 63n - 1n;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

/** Largest value and factor of each suffix; times come out in nanoseconds. */
const SUFFIXES: ReadonlyMap<string, Suffix> = new Map([
  ['', { most: U64_MAX, factor: 1n }],
  ['u', { most: 2n ** 32n - 1n, factor: 1n }],
  ['ul', { most: U64_MAX, factor: 1n }],
  ['ull', { most: U64_MAX, factor: 1n }],
  ['l', { most: I64_MAX, factor: 1n }],
  ['ll', { most: I64_MAX, factor: 1n }],
  ['ns', { most: U64_MAX, factor: 1n }],
  ['us', { most: U64_MAX, factor: 1_000n }],
  ['ms', { most: U64_MAX, factor: 1_000_000n }],
  ['s', { most: U64_MAX, factor: NANOSECONDS_PER_SECOND }],
  ['m', { most: U64_MAX, factor: 60n * NANOSECONDS_PER_SECOND }],
  ['h', { most: U64_MAX, factor: 3_600n * NANOSECONDS_PER_SECOND }],
  ['d', { most: U64_MAX, factor: 86_400n * NANOSECONDS_PER_SECOND }],
]);

const DIGITS: Record<number, RegExp> = { 2: /^[01]+/, 8: /^[0-7]+/, 10: /^[0-9]+/, 16: /^[0-9a-fA-F]+/ };
const PREFIX: Record<number, string> = { 2: '0b', 8: '0o', 10: '', 16: '0x' };

/** An unsigned 64-bit integer; with base 0 a prefix (0x, 0b, 0) chooses it. */
export function parseUnsigned(text: string, base: 0 | 2 | 8 | 10 | 16 = 0): IntegerResult {
  const plain = text.replaceAll('_', '');
  if (base === 0 && /^0[xX]/.test(plain)) return parseUnsigned(plain.slice(2), 16);
  if (base === 0 && /^0[bB]/.test(plain)) return parseUnsigned(plain.slice(2), 2);
  if (base === 0 && /^0[0-7]/.test(plain)) return parseUnsigned(plain.slice(1), 8);

  const radix = base || (plain.startsWith('0') ? 8 : 10);
  const digits = DIGITS[radix]!.exec(plain)?.[0];
  if (digits === undefined) return { error: `invalid integer: ${text}` };
  let value = BigInt(PREFIX[radix] + digits);
  if (value > U64_MAX) return overflow(text, U64_MAX);

  let rest = plain.slice(digits.length);
  const exponent = /^[eE]([1-9][0-9]*)/.exec(rest);
  if (exponent) {
    if (value < 1n || value > 9n) return { error: `coefficient part of scientific literal must be 1-9: ${text}` };
    const power = Number(exponent[1]);
    value = power > 20 ? U64_MAX + 1n : value * 10n ** BigInt(power);
    if (value > U64_MAX) return overflow(text, U64_MAX);
    rest = rest.slice(exponent[0].length);
  }

  const suffix = SUFFIXES.get(rest);
  if (!suffix) return { error: `invalid trailing bytes: ${text}` };
  if (value > suffix.most / suffix.factor) return overflow(text, suffix.most);
  return { value: value * suffix.factor };
}

/** A signed 64-bit integer, with an optional minus. */
export function parseSigned(text: string): IntegerResult {
  if (text === '') return { value: 0n };
  const negative = text.startsWith('-');
  const result = parseUnsigned(negative ? text.slice(1) : text);
  if ('error' in result) return result;
  const value = negative ? -result.value : result.value;
  return value > I64_MAX || value < -I64_MAX - 1n ? overflow(text, I64_MAX) : { value };
}

/** The suffix of a literal that `parseUnsigned` accepts. */
export function suffixOf(text: string): string | undefined {
  if (/^0[xX]/.test(text)) return undefined;
  return /[a-zA-Z]+$/.exec(text.replace(/[eE][0-9_]+/, ''))?.[0];
}

function overflow(text: string, most: bigint): IntegerResult {
  return { error: `overflow error, maximum value is ${most}: ${text}` };
}
