/** What is inside of a binary: functions, data symbols, USDT probes; each file is read once. */
import { type Dwarf, openDwarf } from '../../bpf/dwarf/index.ts';
import { Elf, openDebugFile, type SymbolTable, usdtPlaces } from '../../bpf/elf/index.ts';
import type { UsdtSite, UserFunction, UserSymbol } from '../../lang/host.ts';

/** e_type of programs and libraries that are loaded where there is room. */
const ET_DYN = 3;

export class BinarySymbols {
  readonly #functions = new Map<string, readonly UserFunction[]>();
  readonly #debug = new Map<string, Dwarf | undefined>();
  readonly #directories: readonly string[];
  readonly #probes = new Map<string, readonly UsdtSite[]>();

  constructor(debugDirectories: readonly string[] = []) {
    this.#directories = debugDirectories;
  }

  /** Functions that can be probed, of the symbol table and of a separate debug file. */
  functions(path: string): readonly UserFunction[] {
    return remember(this.#functions, path, readFunctions);
  }

  /** Stays open: types are read when they are asked for. */
  debugInfo(path: string): Dwarf | undefined {
    if (!this.#debug.has(path)) this.#debug.set(path, openDwarf(path, { directories: this.#directories }));
    return this.#debug.get(path);
  }

  probes(path: string): readonly UsdtSite[] {
    return remember(this.#probes, path, readProbes);
  }

  data(path: string, name: string): UserSymbol | undefined {
    return withTables(path, (elf, tables) => {
      const symbol = tables.map((table) => table.find(name)).find((found) => found !== undefined);
      const isMoved = elf.header.type === ET_DYN;
      return symbol && { address: BigInt(symbol.address), size: symbol.size, isMoved };
    });
  }
}

function remember<T>(known: Map<string, T>, path: string, read: (path: string) => T): T {
  const found = known.get(path) ?? read(path);
  known.set(path, found);
  return found;
}

function withTables<T>(path: string, body: (elf: Elf, tables: readonly SymbolTable[]) => T): T {
  const elf = Elf.open(path);
  try {
    const separate = elf.section('.symtab') ? undefined : openDebugFile(elf, path);
    try {
      return body(elf, [...elf.symbolTables(), ...(separate?.symbolTables() ?? [])]);
    } finally {
      separate?.close();
    }
  } finally {
    elf.close();
  }
}

function readFunctions(path: string): UserFunction[] {
  return withTables(path, (elf, tables) => {
    const byName = new Map<string, UserFunction>();
    for (const table of tables) {
      for (const { index, name } of table.functions()) {
        const address = table.addressOf(index);
        const fileOffset = elf.fileOffset(address);
        if (byName.has(name) || fileOffset === undefined) continue;
        byName.set(name, {
          name,
          address: BigInt(address),
          fileOffset: BigInt(fileOffset),
          size: table.sizeOf(index),
        });
      }
    }
    return [...byName.values()];
  });
}

function readProbes(path: string): UsdtSite[] {
  const elf = Elf.open(path);
  try {
    return usdtPlaces(elf).map((site) => ({
      provider: site.provider,
      name: site.probe,
      fileOffset: BigInt(site.fileOffset),
      address: BigInt(site.address),
      arguments: site.text,
      ...(site.semaphore && { semaphoreOffset: BigInt(site.semaphore.fileOffset) }),
    }));
  } finally {
    elf.close();
  }
}
