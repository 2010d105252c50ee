/** Gives programs the unwind tables of processes, for dw_ustack(): looked at again while they run, as are their children. */
import { readdirSync, readFileSync } from 'node:fs';
import { PebbleError } from '../base/errors.ts';
import type { Collection } from '../bpf/index.ts';
import { type Mapping, readMaps } from '../bpf/symbols/index.ts';
import { simpleRows, type UnwindTable, UnwindTables } from '../bpf/unwind/index.ts';
import { SYSTEM_MAPS, UNWIND_BASE, UNWIND_RANGES } from '../lang/script.ts';

/** A command that was just started maps its libraries in its first milliseconds. */
const LOOKS_MS = [2, 4, 8, 16, 32, 64, 125, 250, 500, 1000];
const PAGE = 4096;

/** Where a file's rows are. */
interface Placed {
  readonly first: number;
  readonly rows: number;
  readonly table: UnwindTable;
}

export class UnwindMaps {
  readonly #collection: Collection;
  readonly #pids: readonly number[];
  readonly #warn: (text: string) => void;
  readonly #warned = new Set<string>();
  readonly #tables = new UnwindTables();
  /** By file; null: there is no room for its rows. */
  readonly #placed = new Map<string, Placed | null>();
  /** By process, its mappings as they were last seen. */
  readonly #seen = new Map<number, string>();
  #used = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(collection: Collection, pids: readonly number[], warn: (text: string) => void) {
    if (pids.length === 0) {
      throw new PebbleError('usage', {
        what: 'dw_ustack() has to know whose unwind tables it needs: give -p PID, -c COMMAND or --dwarf-pid PID',
      });
    }
    this.#collection = collection;
    this.#pids = pids;
    this.#warn = warn;
  }

  refresh(): void {
    const found = new Set([...this.#pids, ...this.#pids.flatMap(childrenOf)]);
    const room = this.#collection.keyed(SYSTEM_MAPS.unwindCode).maxEntries;
    const pids = new Set([...found].slice(0, room));
    if (found.size > room) {
      this.#warnOnce(
        'processes',
        `there are ${found.size} processes: dw_ustack() walks ${room} by their tables, others by frame pointers`,
      );
    }
    for (const pid of this.#seen.keys()) if (!pids.has(pid)) this.#forget(pid);
    for (const pid of pids) this.#look(pid);
  }

  /** Looks often at first. What goes wrong later ends nothing: stacks end where a table is missing. */
  watch(turn = 0): void {
    const ms = LOOKS_MS[Math.min(turn, LOOKS_MS.length - 1)]!;
    this.#timer = setTimeout(() => {
      try {
        this.refresh();
      } catch (error) {
        const { message } = error as Error;
        this.#warnOnce(message, `dw_ustack() could not look at all processes again: ${message}`);
      }
      this.watch(turn + 1);
    }, ms).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #look(pid: number): void {
    const mappings = executableOf(pid);
    const text = mappings.map(({ start, end, path }) => `${start}-${end} ${path}`).join();
    if (mappings.length === 0 || this.#seen.get(pid) === text) return;
    this.#seen.set(pid, text);
    const ranges = mappings.flatMap((mapping) => this.#rangeOf(pid, mapping) ?? []);
    if (ranges.length > UNWIND_RANGES) {
      this.#warnOnce(
        `process ${pid}`,
        `process ${pid} has ${ranges.length} files with code: dw_ustack() looks at ${UNWIND_RANGES}`,
      );
    }
    const kept = ranges.slice(0, UNWIND_RANGES);
    const none = { start: 0n, end: 0n, bias: 0n, first: 0, rows: 0 };
    const all = [...kept, ...Array.from({ length: UNWIND_RANGES - kept.length }, () => none)];
    this.#collection.keyed(SYSTEM_MAPS.unwindCode).set(pid, { count: kept.length, ranges: all });
  }

  /** Once a second is no news. */
  #warnOnce(subject: string, text: string): void {
    if (this.#warned.has(subject)) return;
    this.#warned.add(subject);
    this.#warn(text);
  }

  #forget(pid: number): void {
    this.#seen.delete(pid);
    this.#collection.keyed(SYSTEM_MAPS.unwindCode).delete(pid);
  }

  #rangeOf(pid: number, mapping: Mapping) {
    const file = this.#fileOf(pid, mapping);
    if (!file || file.rows === 0) return undefined;
    const { start, end, offset } = mapping;
    // A segment may begin inside of its first page.
    const within = [0, PAGE - 1].find((bytes) => file.table.addressOf(offset + bytes) !== undefined);
    if (within === undefined) return undefined;
    const bias = start + within - file.table.addressOf(offset + within)!;
    return { start: BigInt(start), end: BigInt(end), bias: BigInt(bias), first: file.first, rows: file.rows };
  }

  /** What could not be read, of a process that has ended, is tried again through another one. */
  #fileOf(pid: number, mapping: Mapping): Placed | null {
    const file = this.#tables.fileOf(mapping);
    if (file === undefined) return null;
    let placed = this.#placed.get(file.key);
    if (placed === undefined) {
      const table = this.#tables.want(file, pid, mapping);
      if (table === null) return null;
      placed = this.#place(table, mapping.path);
      this.#placed.set(file.key, placed);
    }
    return placed;
  }

  #place(table: UnwindTable, path: string): Placed | null {
    const rows = simpleRows(table);
    const map = this.#collection.keyed(SYSTEM_MAPS.unwindRows);
    const first = this.#used;
    if (first + rows.length > map.maxEntries) {
      this.#warn(`no room for the unwind table of ${path}: dw_ustack() ends at its code`);
      return null;
    }
    map.setMany(rows.map((row, i) => [first + i, { ...row, base: UNWIND_BASE[row.base] }]));
    this.#used += rows.length;
    return { first, rows: rows.length, table };
  }
}

const executableOf = (pid: number): readonly Mapping[] =>
  unlessEnded(() => readMaps(pid).filter(({ executable }) => executable));

/** Those of each thread: it is a thread that forks. */
const childrenOf = (pid: number): readonly number[] =>
  unlessEnded(() => readdirSync(`/proc/${pid}/task`)).flatMap((thread) =>
    unlessEnded(() =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').map(Number).filter(Boolean),
    ),
  );

/** Processes and threads end while they are looked at: nothing is of them then. */
function unlessEnded<T>(look: () => readonly T[]): readonly T[] {
  try {
    return look();
  } catch {
    return [];
  }
}
