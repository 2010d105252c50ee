/** Names of addresses in processes. */
import { Binaries } from './binaries.ts';
import { findMapping, type Mapping, mappingsOf } from './maps.ts';
import { PerfMap } from './perf-map.ts';

export interface UserPlace {
  /** undefined when only the file is known, or not even that. */
  readonly symbol: string | undefined;
  /** Bytes from the symbol's start; from the start of the file when there is no symbol. */
  readonly offset: number;
  /** The address is outside of every symbol; this one is the nearest before it. */
  readonly near: boolean;
  /** Path of the mapped file as the process sees it, "[vdso]", or "" for memory without a name. */
  readonly module: string;
  /** As linked; absent for memory that is no file's. */
  readonly address?: number;
}

interface Process {
  mappings: readonly Mapping[];
  /** null: there is none. */
  perfMap?: PerfMap | null;
  /** When they were last read for an address that was not in them, in milliseconds. */
  lookedAgainAt: number;
}

/** A process may map more (dlopen, JIT) while it is watched; unknown addresses make us look again, but not at each one. */
const LOOK_AGAIN_MS = 1000;

export class UserSymbols {
  readonly #binaries = new Binaries();
  readonly #processes = new Map<number, Process>();

  /** Reads the process's mappings now, so that its addresses can be named after it has ended. */
  remember(pid: number): boolean {
    const mappings = mappingsOf(pid);
    const known = this.#processes.get(pid);
    // It has ended: what was remembered, if anything, stays.
    if (mappings === undefined) return known !== undefined;
    this.#processes.set(pid, { mappings, lookedAgainAt: known?.lookedAgainAt ?? 0 });
    return true;
  }

  /** When a pid is known to have ended, or to run another program since execve. */
  forget(pid: number): void {
    this.#processes.delete(pid);
  }

  clear(): void {
    this.#processes.clear();
    this.#binaries.clear();
  }

  /** undefined when the process is gone and was not remembered, or maps nothing there. */
  locate(pid: number, address: number): UserPlace | undefined {
    const process = this.#processOf(pid);
    if (process === undefined) return undefined;
    const mapping = findMapping(process.mappings, address) ?? this.#lookAgain(pid, address);
    return mapping && this.#locateIn(pid, mapping, address);
  }

  #processOf(pid: number): Process | undefined {
    if (!this.#processes.has(pid)) this.remember(pid);
    return this.#processes.get(pid);
  }

  #lookAgain(pid: number, address: number): Mapping | undefined {
    const process = this.#processes.get(pid)!;
    if (Date.now() - process.lookedAgainAt < LOOK_AGAIN_MS) return undefined;
    process.lookedAgainAt = Date.now();
    this.remember(pid);
    return findMapping(this.#processes.get(pid)!.mappings, address);
  }

  #locateIn(pid: number, mapping: Mapping, address: number): UserPlace {
    const offset = address - mapping.start + mapping.offset;
    const nameless = { symbol: undefined, offset, near: false, module: mapping.path };
    const binary = this.#binaries.of(pid, mapping);
    if (binary === undefined) {
      const place = mapping.executable ? this.#perfMap(pid)?.locate(address) : undefined;
      return place ? { ...place, module: mapping.path } : nameless;
    }
    const linked = binary.elf.address(offset) ?? -1;
    const place = binary.code.locate(linked);
    return place ? { ...place, module: mapping.path, address: linked } : nameless;
  }

  #perfMap(pid: number): PerfMap | undefined {
    const process = this.#processes.get(pid)!;
    if (process.perfMap === undefined) process.perfMap = PerfMap.read(pid) ?? null;
    return process.perfMap ?? undefined;
  }
}
