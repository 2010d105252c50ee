/** Numbers of 64 bits that a printf of 32 bits cuts, as C does and bpftrace: what is printed then is another number. */
import type { RecordShape } from '../../base/record.ts';
import type { EventArgument } from '../../lang/script.ts';
import { parseFormat } from './format-string.ts';
import type { ByteText } from './printable.ts';

/** What to say of the record at `offset`, if one of its numbers is cut. */
export type CutFinder = (view: DataView, offset: number) => string | undefined;

const SIGNED = new Set<string>(['d', 'i']);
const INTEGERS = new Set<string>([...SIGNED, 'u', 'o', 'x', 'X']);

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
    const cut = places.find(({ conversion, at }) => !fits(view, offset + at, SIGNED.has(conversion)));
    if (!cut) return undefined;
    const place = offset + cut.at;
    const value = cut.signed ? view.getBigInt64(place, true) : view.getBigUint64(place, true);
    return `%${cut.conversion} shows 32 of the 64 bits of ${value}: write %l${cut.conversion}`;
  };
}

/** A negative number of 32 bits fits into an unsigned one, too: %x shows all of it. */
function fits(view: DataView, at: number, signed: boolean): boolean {
  const [low, high] = [view.getInt32(at, true), view.getInt32(at + 4, true)];
  return (high === -1 && low < 0) || (high === 0 && (low >= 0 || !signed));
}
