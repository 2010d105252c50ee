/** The address ranges of an entry: one range, or a list in .debug_ranges (to version 4) or .debug_rnglists (5). */
import { AT, FORM } from './constants.ts';
import { DwarfCursor } from './cursor.ts';
import type { Entry } from './entry.ts';
import type { Unit } from './unit.ts';

export interface Range {
  readonly low: number;
  /** One past the last byte. */
  readonly high: number;
}

/** Empty ranges, and those of code that the linker left out (at address 0), are not among them. */
export function rangesOf(entry: Entry): readonly Range[] {
  const ranges = entry.has(AT.ranges) ? listOf(entry) : oneOf(entry);
  return ranges.filter(({ low, high }) => low > 0 && low < high);
}

export const contains = (ranges: readonly Range[], address: number): boolean =>
  ranges.some(({ low, high }) => address >= low && address < high);

/** The high end is an address, or (from version 4) usually a length. */
function oneOf(entry: Entry): Range[] {
  const low = entry.address(AT.lowPc);
  if (low === undefined) return [];
  const length = entry.number(AT.highPc);
  return [{ low, high: length === undefined ? (entry.address(AT.highPc) ?? low) : low + length }];
}

function listOf(entry: Entry): Range[] {
  const { unit } = entry;
  const base = (unit.skeleton ?? unit).root.address(AT.lowPc) ?? 0;
  if (unit.header.version < 5) return readPairs(entry, base);
  const index = entry.form(AT.ranges) === FORM.rnglistx ? entry.listIndex(AT.ranges) : undefined;
  const offset = index === undefined ? entry.number(AT.ranges) : unit.indexedRanges(index);
  return offset === undefined ? [] : readList(unit, offset, base);
}

/** Pairs of addresses from a base; the largest address announces another base, 0 0 is the end. */
function readPairs(entry: Entry, base: number): Range[] {
  const { unit } = entry;
  const { skeleton } = unit;
  // GNU's split units of version 4 have their lists in the program, from a base of their own.
  const { sections } = (skeleton ?? unit).file;
  const start = skeleton?.root.number(AT.gnuRangesBase) ?? 0;
  const size = unit.header.addressSize;
  const cursor = new DwarfCursor(sections.whole('ranges'), `.debug_ranges of ${sections.name}`);
  cursor.offset = start + (entry.number(AT.ranges) ?? 0);
  const ranges: Range[] = [];
  for (;;) {
    const low = cursor.sized(size);
    const high = cursor.sized(size);
    if (low === 0 && high === 0) return ranges;
    if (low >= 2 ** (size * 8) - 1) base = high;
    else if (low !== high) ranges.push({ low: base + low, high: base + high });
  }
}

/** DW_RLE_* (version 5, 7.25). */
const LIST = {
  end: 0,
  baseIndex: 1,
  startEndIndex: 2,
  startIndexLength: 3,
  offsetPair: 4,
  base: 5,
  startEnd: 6,
  startLength: 7,
} as const;

function readList(unit: Unit, offset: number, base: number): Range[] {
  const { sections } = unit.file;
  const cursor = new DwarfCursor(sections.whole('rnglists'), `.debug_rnglists of ${sections.name}`, offset);
  const size = unit.header.addressSize;
  const indexed = (): number => unit.indexedAddress(cursor.uleb()) ?? 0;
  const ranges: Range[] = [];
  const add = (low: number, high: number) => ranges.push({ low, high });
  for (;;) {
    const kind = cursor.u8();
    switch (kind) {
      case LIST.end:
        return ranges;
      case LIST.baseIndex:
        base = indexed();
        break;
      case LIST.startEndIndex:
        add(indexed(), indexed());
        break;
      case LIST.startIndexLength: {
        const low = indexed();
        add(low, low + cursor.uleb());
        break;
      }
      case LIST.offsetPair:
        add(base + cursor.uleb(), base + cursor.uleb());
        break;
      case LIST.base:
        base = cursor.sized(size);
        break;
      case LIST.startEnd:
        add(cursor.sized(size), cursor.sized(size));
        break;
      case LIST.startLength: {
        const low = cursor.sized(size);
        add(low, low + cursor.uleb());
        break;
      }
      default:
        cursor.fail(`range list entry ${kind} is not known`);
    }
  }
}
