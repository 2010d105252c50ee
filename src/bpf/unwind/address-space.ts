/** The code that processes have mapped, by address: what one sample's frames are looked up in. */
import { type Mapping, mappingsOf } from '../symbols/index.ts';
import type { MappedTable, UnwindTables } from './tables.ts';

/** A process may map more (dlopen, JIT) while it is watched; unknown addresses make us look again, but not at each one. */
const LOOK_AGAIN_MS = 1000;
/** A few kilobytes each. */
const MAX_PROCESSES = 4096;

/** One executable mapping. */
export interface Code {
  readonly mapping: Mapping;
  /** undefined for code that is in no file. */
  readonly file: MappedTable | undefined;
  /** From addresses as linked to those in the process; NaN until it is known. */
  bias: number;
}

export class AddressSpace {
  readonly pid: number;
  readonly code: readonly Code[];
  /** Milliseconds since 1970. */
  readAt: number;
  #last = 0;

  constructor(pid: number, code: readonly Code[]) {
    this.pid = pid;
    this.code = code;
    this.readAt = Date.now();
  }

  find(address: number): Code | undefined {
    const { code } = this;
    const last = code[this.#last];
    if (last && address >= last.mapping.start && address < last.mapping.end) return last;
    let low = 0;
    let high = code.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (code[middle]!.mapping.end <= address) low = middle + 1;
      else high = middle;
    }
    const found = code[low];
    if (found === undefined || found.mapping.start > address) return undefined;
    this.#last = low;
    return found;
  }
}

export class AddressSpaces {
  readonly #tables: UnwindTables;
  readonly #spaces = new Map<number, AddressSpace>();

  constructor(tables: UnwindTables) {
    this.#tables = tables;
  }

  /** undefined when the process is gone and was not remembered. */
  of(pid: number): AddressSpace | undefined {
    return this.#spaces.get(pid) ?? this.remember(pid);
  }

  /** Reads the mappings now; what was known stays when the process is gone. */
  remember(pid: number): AddressSpace | undefined {
    const mappings = mappingsOf(pid);
    if (mappings === undefined) return this.#spaces.get(pid);
    const code = mappings.filter(({ executable }) => executable);
    const space = new AddressSpace(
      pid,
      code.map((mapping) => ({ mapping, file: this.#tables.fileOf(mapping), bias: Number.NaN })),
    );
    this.forget(pid);
    this.#spaces.set(pid, space);
    if (this.#spaces.size > MAX_PROCESSES) this.forget(this.#spaces.keys().next().value!);
    return space;
  }

  /** For an address that was in no mapping: the process as it is now, unless it was looked at just now. */
  lookAgain(space: AddressSpace): AddressSpace {
    if (Date.now() - space.readAt < LOOK_AGAIN_MS) return space;
    space.readAt = Date.now();
    return this.remember(space.pid) ?? space;
  }

  forget(pid: number): void {
    this.#spaces.delete(pid);
  }
}
