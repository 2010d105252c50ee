/** The unwind tables of mapped files: each file is read once, and the total is bounded. */
import { PebbleError } from '../../base/errors.ts';
import { buildId } from '../elf/index.ts';
import { type Mapping, mappedFileKey, openMapped } from '../symbols/index.ts';
import { UnwindTable } from './cfi/index.ts';

/** A file as it is mapped; its table comes and goes with the room there is. */
export interface MappedTable {
  readonly key: string;
  /** null: the file has no table, or could not be read. */
  table: UnwindTable | null | undefined;
  /** When it was last wanted, as a count of wants. */
  wanted: number;
  /** How often it could not be opened: processes end before they are looked at. */
  failures: number;
}

/** PostgreSQL and its libraries take 3 MB, LLVM 10 MB. */
const DEFAULT_LIMIT = 64 << 20;
const MAX_FAILURES = 8;
/** Known by name; those without a table are forgotten first. */
const MAX_FILES = 4096;

export class UnwindTables {
  readonly #files = new Map<string, MappedTable>();
  readonly #limit: number;
  #wants = 0;
  /** About as much memory as the tables take. */
  bytes = 0;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** undefined for memory that no file is mapped to. */
  fileOf(mapping: Mapping): MappedTable | undefined {
    const key = mappedFileKey(mapping);
    if (key === undefined) return undefined;
    let file = this.#files.get(key);
    if (file === undefined) {
      if (this.#files.size >= MAX_FILES) this.#forgetIdle();
      file = { key, table: undefined, wanted: 0, failures: 0 };
      this.#files.set(key, file);
    }
    return file;
  }

  /** Reads the table, unless it is there, through the process that maps it. */
  want(file: MappedTable, pid: number, mapping: Mapping): UnwindTable | null {
    file.wanted = ++this.#wants;
    if (file.table === undefined) {
      file.table = this.#load(file, pid, mapping);
      this.#files.set(file.key, file);
      if (file.table) this.#makeRoom();
    }
    return file.table ?? null;
  }

  #load(file: MappedTable, pid: number, mapping: Mapping): UnwindTable | null | undefined {
    try {
      const elf = openMapped(pid, mapping);
      try {
        return this.#withBuildId(buildId(elf)) ?? new UnwindTable(elf);
      } finally {
        elf.close();
      }
    } catch (error) {
      const broken = error instanceof PebbleError && error.code === 'format';
      return broken || ++file.failures === MAX_FAILURES ? null : undefined;
    }
  }

  /** The same build in another container's file system. */
  #withBuildId(id: string | undefined): UnwindTable | undefined {
    if (id === undefined) return undefined;
    for (const { table } of this.#files.values()) if (table?.buildId === id) return table;
    return undefined;
  }

  #forgetIdle(): void {
    for (const [key, { table }] of this.#files) if (!table) this.#files.delete(key);
  }

  /** Lets go of what was not wanted for longest. Tables grow as rows are found: all are weighed. */
  #makeRoom(): void {
    const byAge = [...this.#files.values()].sort((a, b) => b.wanted - a.wanted);
    const tables = new Set(byAge.map(({ table }) => table).filter((table) => table));
    this.bytes = 0;
    for (const table of tables as Set<UnwindTable>) {
      const first = this.bytes === 0;
      if (first || this.bytes + table.bytes <= this.#limit) this.bytes += table.bytes;
      else for (const file of byAge) if (file.table === table) file.table = undefined;
    }
  }
}
