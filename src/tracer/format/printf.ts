/** printf compiled: a format string and its arguments' types become one function from a ring record to its text. */
import type { RecordShape } from '../../base/record.ts';
import type { EventArgument } from '../../lang/script.ts';
import type { Type } from '../../lang/types/type.ts';
import { castBits, type FormatSpec, pad, parseFormat } from './format-string.ts';
import { gfpFlags } from './gfp.ts';
import { escaped, escapedHex, spacedHex } from './hex.ts';
import type { ByteText, Printable, PrintableFloat } from './printable.ts';
import { textOf, widthApplies } from './printable-text.ts';
import { type ReadContext, readerOf, readText, trailerOf } from './read-value.ts';

/** The text of the record that starts at `offset`. */
export type Formatter = (view: DataView, offset: number) => ByteText;

export function compileFormat(
  format: ByteText,
  args: readonly EventArgument[],
  shape: RecordShape,
  context: ReadContext,
): Formatter {
  const { fragments, specs } = parseFormat(format);
  const pieces = specs.map((spec, i) => argumentFormatter(spec, args[i]!, shape, context));
  const [first = '', ...rest] = fragments;
  switch (pieces.length) {
    case 0:
      return () => first;
    case 1:
      return (view, offset) => first + pieces[0]!(view, offset) + rest[0]!;
    default:
      return (view, offset) => {
        let text = first;
        for (let i = 0; i < pieces.length; i++) text += pieces[i]!(view, offset) + rest[i]!;
        return text;
      };
  }
}

function argumentFormatter(
  spec: FormatSpec,
  argument: EventArgument,
  shape: RecordShape,
  context: ReadContext,
): Formatter {
  const at = shape.offsets[argument.name]!;
  const format = fastFormatter(spec, argument.type, at, shape, context);
  if (format) return spec.width === 0 ? format : (view, offset) => pad(format(view, offset), spec);
  const read = readerOf(argument.type, context, shape.fields[argument.name]);
  return (view, offset) => applySpec(spec, read(view, offset + at));
}

/** Texts and integers, straight from memory. */
function fastFormatter(
  spec: FormatSpec,
  type: Type,
  at: number,
  shape: RecordShape,
  context: ReadContext,
): Formatter | undefined {
  if (type.kind === 'string' && spec.conversion === 's') {
    const size = type.size;
    const trailer = trailerOf(type, context);
    return (view, offset) => readText(view, offset + at, size, trailer);
  }
  if (type.kind !== 'int' || spec.plus || spec.alternate || shape.offsets === undefined) return undefined;
  const radix = { d: 10, i: 10, u: 10, x: 16, o: 8 }[spec.conversion as string];
  if (radix === undefined) return undefined;
  const signed = spec.conversion === 'd' || spec.conversion === 'i';
  const read = numberReader(type.size * 8, type.signed, castBits(spec.length), signed);
  return read && ((view, offset) => read(view, offset + at).toString(radix));
}

type NumberReader = (view: DataView, offset: number) => number | bigint;

/** Reads an integer of `bits` as printf's cast to `cast` bits sees it; nothing where a cast needs arithmetic. */
function numberReader(bits: number, signed: boolean, cast: number, castSigned: boolean): NumberReader | undefined {
  const same = cast <= bits;
  if (!same && signed && !castSigned) return undefined;
  const width = same ? cast : bits;
  const sign = same ? castSigned : signed;
  switch (width) {
    case 8:
      return sign ? (view, at) => view.getInt8(at) : (view, at) => view.getUint8(at);
    case 16:
      return sign ? (view, at) => view.getInt16(at, true) : (view, at) => view.getUint16(at, true);
    case 32:
      return sign ? (view, at) => view.getInt32(at, true) : (view, at) => view.getUint32(at, true);
    default:
      return sign ? readInt64 : readUint64;
  }
}

/** Below 2^53 a number does, which is several times faster than a bigint. */
function readUint64(view: DataView, at: number): number | bigint {
  const high = view.getUint32(at + 4, true);
  return high < 0x20_0000 ? high * 0x1_0000_0000 + view.getUint32(at, true) : view.getBigUint64(at, true);
}

function readInt64(view: DataView, at: number): number | bigint {
  const high = view.getInt32(at + 4, true);
  if (high < -0x20_0000 || high >= 0x20_0000) return view.getBigInt64(at, true);
  return high * 0x1_0000_0000 + view.getUint32(at, true);
}

/** One conversion of any value. */
export function applySpec(spec: FormatSpec, value: Printable): ByteText {
  if (isFloat(value) && 'eEfFgG'.includes(spec.conversion)) return pad(floatText(spec, value), spec);
  switch (spec.conversion) {
    case 's':
      return padded(spec, value, textOf(value, spec.plus));
    case 'r':
      return padded(spec, value, bufferText(value, escaped));
    case 'rx':
      return padded(spec, value, bufferText(value, escapedHex));
    case 'rh':
      return padded(spec, value, bufferText(value, spacedHex));
    default: {
      const number = numberOf(value);
      if (number === undefined) {
        const wanted = spec.conversion === 'gr' ? 'GFP flags' : 'integer';
        return `!{invalid ${wanted} conversion: ${textOf(value)}}`;
      }
      return pad(numberText(spec, number), spec);
    }
  }
}

function padded(spec: FormatSpec, value: Printable, text: ByteText): ByteText {
  const head = widthApplies(value, text);
  return pad(text.slice(0, head), spec) + text.slice(head);
}

const bufferText = (value: Printable, format: (bytes: Uint8Array) => ByteText): ByteText =>
  value !== null && typeof value === 'object' && value.kind === 'buffer' ? format(value.bytes) : textOf(value);

function numberOf(value: Printable): bigint | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (value === null || typeof value !== 'object') return undefined;
  return value.kind === 'int' || value.kind === 'symbol' ? value.value : undefined;
}

const isFloat = (value: Printable): value is PrintableFloat =>
  value !== null && typeof value === 'object' && value.kind === 'float';

const DEFAULT_PRECISION = 6;

/** As C prints them; %g without trailing zeros. */
function floatText(
  { conversion, precision = DEFAULT_PRECISION, plus }: FormatSpec,
  { value }: PrintableFloat,
): ByteText {
  const cased = (text: string): string => (conversion === conversion.toUpperCase() ? text.toUpperCase() : text);
  if (!Number.isFinite(value)) return cased(Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf');
  const digits = Math.min(100, precision);
  const sign = plus && value >= 0 ? '+' : '';
  switch (conversion.toLowerCase()) {
    case 'f':
      return sign + value.toFixed(digits);
    case 'e':
      return sign + cased(exponential(value.toExponential(digits)));
    default:
      return sign + cased(general(value, Math.max(1, digits)));
  }
}

/** C writes two digits of an exponent at least. */
const exponential = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

function general(value: number, digits: number): string {
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1]);
  if (exponent < -4 || exponent >= digits) {
    return exponential(value.toExponential(digits - 1).replace(/\.?0+(?=e)/, ''));
  }
  const fixed = value.toFixed(digits - 1 - exponent);
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed;
}

function numberText(spec: FormatSpec, value: bigint): ByteText {
  const bits = castBits(spec.length);
  const unsigned = BigInt.asUintN(bits, value);
  const prefixed = (prefix: string, radix: number): string =>
    (spec.alternate && unsigned !== 0n ? prefix : '') + unsigned.toString(radix);
  switch (spec.conversion) {
    case 'd':
    case 'i': {
      const signed = BigInt.asIntN(bits, value);
      return spec.plus && signed >= 0n ? `+${signed}` : signed.toString();
    }
    case 'x':
      return prefixed('0x', 16);
    case 'X':
      return prefixed('0x', 16).toUpperCase();
    case 'o':
      return prefixed('0', 8);
    case 'c':
      return String.fromCharCode(Number(value & 0xffn));
    case 'p':
      return value === 0n ? '0' : `0x${BigInt.asUintN(64, value).toString(16)}`;
    case 'gr':
      return gfpFlags(BigInt.asUintN(64, value));
    default:
      return unsigned.toString();
  }
}
