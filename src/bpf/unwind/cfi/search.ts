/** Which FDE covers an address: by the sorted table of .eh_frame_hdr, or by an index made of the whole section. */
import { AddressIndex } from '../../elf/index.ts';
import { CfiCursor, POINTER } from './cursor.ts';
import type { CfiSection } from './section.ts';

export interface EntrySearch {
  /** Bytes that it keeps in memory. */
  readonly bytes: number;
  /** Offset in the section of the last FDE that starts at or before the address; it may end before it. */
  find(address: number): number | undefined;
}

const VERSION = 1;
/** DW_EH_PE_datarel | DW_EH_PE_sdata4: what all linkers write. */
const SORTED_TABLE = 0x3b;

/** One row of the table: start of the code:32 · where the FDE is:32, both relative to the start of .eh_frame_hdr. */
const ROW = 8;

/**
 * version:8 · encodings of the pointer to .eh_frame, of the count, of the table, 8 each · pointer · count · table.
 * undefined when the header has no table that can be searched.
 */
export function headerSearch(header: Buffer, address: number, section: CfiSection): EntrySearch | undefined {
  const cursor = new CfiCursor(header, `${section.name}_hdr`, address);
  if (header.length < 4 || cursor.u8() !== VERSION) return undefined;
  const [pointerEncoding, countEncoding, tableEncoding] = [cursor.u8(), cursor.u8(), cursor.u8()];
  if (tableEncoding !== SORTED_TABLE || countEncoding === POINTER.omit) return undefined;
  if (cursor.pointer(pointerEncoding, address) !== section.address) return undefined;
  const count = cursor.pointer(countEncoding, address);
  const table = cursor.offset;
  if (!(count > 0 && count * ROW <= cursor.remaining)) return undefined;
  return {
    bytes: header.length,
    find(wanted) {
      const distance = wanted - address;
      let low = 0;
      let high = count;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (header.readInt32LE(table + middle * ROW) <= distance) low = middle + 1;
        else high = middle;
      }
      return low === 0 ? undefined : address + header.readInt32LE(table + low * ROW - 4) - section.address;
    },
  };
}

/** Reads all of the section: for .debug_frame, and files linked without the table. */
export function indexSearch(section: CfiSection): EntrySearch {
  const offsets: number[] = [];
  const starts: number[] = [];
  const sizes: number[] = [];
  section.forEach((offset, start, end) => {
    // The linker leaves the entries of functions that it dropped at address 0.
    if (start === 0) return;
    offsets.push(offset);
    starts.push(start);
    sizes.push(end - start);
  });
  const index = new AddressIndex({
    count: offsets.length,
    addressOf: (i) => starts[i]!,
    sizeOf: (i) => sizes[i]!,
  });
  const where = Uint32Array.from(offsets);
  return {
    bytes: index.count * 32,
    find(address) {
      const found = index.locate(address);
      return found && where[found.index];
    },
  };
}
