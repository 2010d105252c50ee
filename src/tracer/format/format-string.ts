/** The format string of printf and its kin, taken apart. */
import type { ByteText } from './printable.ts';

export type Conversion = 'd' | 'i' | 'u' | 'o' | 'x' | 'X' | 'c' | 's' | 'p' | 'r' | 'rh' | 'rx' | 'gr' | Floating;
/** Of float and double; a and n have no values. */
type Floating = 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'a' | 'A' | 'n';

export interface FormatSpec {
  readonly left: boolean;
  readonly plus: boolean;
  readonly alternate: boolean;
  readonly zeros: boolean;
  readonly width: number;
  /** Digits behind the point, of floating-point numbers only. */
  readonly precision: number | undefined;
  /** h, l, ll … */
  readonly length: string;
  readonly conversion: Conversion;
}

export interface FormatString {
  /** One more than there are specs: what stands before, between and after them. */
  readonly fragments: readonly ByteText[];
  readonly specs: readonly FormatSpec[];
}

/** The modifiers of r, x and h follow it, so longer conversions stand before shorter ones. */
const SPEC = /%(-?)(\+?)( ?)(#?)(0?)(\*|\d+)?(?:\.(\*|\d+))?([hlLjzt]*)([diouxXeEfFGaAcspn%]|gr|g|rh|rx|r)/g;

export function parseFormat(format: ByteText): FormatString {
  const fragments: ByteText[] = [];
  const specs: FormatSpec[] = [];
  let fragment = '';
  let end = 0;
  for (const match of format.matchAll(SPEC)) {
    const [whole, left, plus, , alternate, zeros, width, precision, length, conversion] = match;
    fragment += format.slice(end, match.index);
    end = match.index + whole.length;
    if (conversion === '%') {
      fragment += '%';
      continue;
    }
    fragments.push(fragment);
    fragment = '';
    specs.push({
      left: left !== '',
      plus: plus !== '',
      alternate: alternate !== '',
      zeros: zeros !== '',
      width: width === undefined || width === '*' ? 0 : Number(width),
      precision: precision === undefined || precision === '*' ? undefined : Number(precision),
      length: length!,
      conversion: conversion as Conversion,
    });
  }
  fragments.push(fragment + format.slice(end));
  return { fragments, specs };
}

/** Bits that an integer is cut to before it is printed: int without a modifier, as in C. */
export function castBits(length: string): 8 | 16 | 32 | 64 {
  switch (length) {
    case 'hh':
      return 8;
    case 'h':
      return 16;
    case 'l':
    case 'll':
    case 'j':
    case 'z':
    case 't':
      return 64;
    default:
      return 32;
  }
}

/** Zeros fill on the left even before a sign, as they do in bpftrace. */
export function pad(text: ByteText, spec: FormatSpec): ByteText {
  if (text.length >= spec.width) return text;
  const fill = spec.zeros ? '0' : ' ';
  return spec.left ? text.padEnd(spec.width, fill) : text.padStart(spec.width, fill);
}
