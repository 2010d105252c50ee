/** The lines of one unit: which line an address belongs to, and at which addresses a line's code begins. */
import { AddressIndex } from '../../elf/index.ts';
import type { LineHeader } from './header.ts';
import { ROW, type Rows, runLineProgram } from './program.ts';

export interface SourceLine {
  /** Full path as the compiler knew it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based; 0 where the compiler did not say. */
  readonly column: number;
}

/** Rows of rising addresses: `first` to the row that ends them. */
interface Sequence {
  readonly first: number;
  readonly end: number;
}

export class LineTable {
  readonly files: readonly string[];
  readonly #rows: Rows;
  readonly #sequences: readonly Sequence[];
  readonly #index: AddressIndex;

  constructor(header: LineHeader) {
    const rows = runLineProgram(header);
    const sequences = sequencesOf(rows);
    this.files = header.files;
    this.#rows = rows;
    this.#sequences = sequences;
    this.#index = new AddressIndex({
      count: sequences.length,
      addressOf: (i) => rows.addresses[sequences[i]!.first]!,
      sizeOf: (i) => rows.addresses[sequences[i]!.end]! - rows.addresses[sequences[i]!.first]!,
    });
  }

  /** undefined outside of the unit's code, and for code that belongs to no line. */
  at(address: number): SourceLine | undefined {
    const found = this.#index.locate(address);
    if (found === undefined || found.near) return undefined;
    const row = lastAtOrBefore(this.#rows.addresses, this.#sequences[found.index]!, address);
    const line = this.#rows.lines[row]!;
    const file = this.files[this.#rows.files[row]!];
    return line === 0 || file === undefined ? undefined : { file, line, column: this.#rows.columns[row]! };
  }

  /** Where statements of this line (at this column, if not 0) begin, in order of address. */
  addressesOf(isFile: (path: string) => boolean, line: number, column = 0): number[] {
    const accepted = this.files.map(isFile);
    const { addresses, files, lines, columns, flags } = this.#rows;
    const found = new Set<number>();
    for (const { first, end } of this.#sequences) {
      for (let row = first; row < end; row++) {
        if (lines[row] !== line || !(flags[row]! & ROW.statement) || !accepted[files[row]!]) continue;
        if (column === 0 || columns[row] === column) found.add(addresses[row]!);
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  /** Lines of a file that have code, in their order. */
  linesOf(isFile: (path: string) => boolean): number[] {
    const accepted = this.files.map(isFile);
    const { files, lines } = this.#rows;
    const found = new Set<number>();
    for (const { first, end } of this.#sequences) {
      for (let row = first; row < end; row++) if (accepted[files[row]!]) found.add(lines[row]!);
    }
    return [...found].filter((line) => line > 0).sort((a, b) => a - b);
  }
}

/** Sequences at address 0 are of code that the linker left out. */
function sequencesOf({ addresses, flags }: Rows): Sequence[] {
  const sequences: Sequence[] = [];
  let first = 0;
  for (let row = 0; row < flags.length; row++) {
    if (!(flags[row]! & ROW.end)) continue;
    if (addresses[first]! > 0 && addresses[row]! > addresses[first]!) sequences.push({ first, end: row });
    first = row + 1;
  }
  return sequences;
}

function lastAtOrBefore(addresses: Float64Array, { first, end }: Sequence, address: number): number {
  let low = first;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (addresses[middle]! <= address) low = middle + 1;
    else high = middle;
  }
  return Math.max(first, low - 1);
}
