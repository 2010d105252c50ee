/** Numbers of 64 bits that a printf of 32 bits cuts, as C does and bpftrace: what is printed then is another number. */
import type { RecordShape } from '../../base/record.ts';
import type { EventArgument } from '../../lang/script.ts';
import { parseFormat } from './format-string.ts';
import type { ByteText } from './printable.ts';

/** What to say of the record at `offset`, if one of its numbers is cut. */
export type CutFinder = (view: DataView, offset: number) => string | undefined;

const INTEGERS = new Set<string>(['d', 'i', 'u', 'o', 'x', 'X']);

/** Undefined where no number can be cut. */
export function findCuts(format: ByteText, args: readonly EventArgument[], shape: RecordShape): CutFinder | undefined {
  // Whoever writes %hd means to cut.
  const places = parseFormat(format).specs.flatMap((spec, i) => {
    const { name, type } = args[i]!;
    const isCut = type.kind === 'int' && type.size === 8 && INTEGERS.has(spec.conversion) && spec.length === '';
    return isCut ? [{ conversion: spec.conversion, at: shape.offsets[name]!, signed: type.signed }] : [];
  });
  if (places.length === 0) return undefined;
  return (view, offset) => {
    const cut = places.find(({ at }) => !fits(view, offset + at));
    if (!cut) return undefined;
    const place = offset + cut.at;
    const value = cut.signed ? view.getBigInt64(place, true) : view.getBigUint64(place, true);
    return `%${cut.conversion} shows 32 of the 64 bits of ${value}: write %l${cut.conversion}`;
  };
}

/**
 * A number of 32 bits, whichever sign it is read with: a negative int comes from a register without its sign (arg1 is 4294967293 for
 * -3), and %d is what shows it.
 */
function fits(view: DataView, at: number): boolean {
  const [low, high] = [view.getInt32(at, true), view.getInt32(at + 4, true)];
  return high === 0 || (high === -1 && low < 0);
}
