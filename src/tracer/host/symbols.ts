/** What is inside of a binary: functions, data symbols, USDT probes; each file is read once. */
import { Elf, openDebugFile, type SymbolTable, usdtSites } from '../../bpf/elf/index.ts';
import type { UsdtSite, UserFunction } from '../../lang/host.ts';

export class BinarySymbols {
  readonly #functions = new Map<string, readonly UserFunction[]>();
  readonly #probes = new Map<string, readonly UsdtSite[]>();

  /** Functions that can be probed, of the symbol table and of a separate debug file. */
  functions(path: string): readonly UserFunction[] {
    return remember(this.#functions, path, readFunctions);
  }

  probes(path: string): readonly UsdtSite[] {
    return remember(this.#probes, path, readProbes);
  }

  data(path: string, name: string): { readonly address: bigint; readonly size: number } | undefined {
    return withTables(path, (_elf, tables) => {
      const symbol = tables.map((table) => table.find(name)).find((found) => found !== undefined);
      return symbol && { address: BigInt(symbol.address), size: symbol.size };
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
    return usdtSites(elf).map((site) => ({
      provider: site.provider,
      name: site.probe,
      fileOffset: BigInt(site.fileOffset),
      arguments: site.arguments.map(({ text }) => text).join(' '),
      ...(site.semaphore && { semaphoreOffset: BigInt(site.semaphore.fileOffset) }),
    }));
  } finally {
    elf.close();
  }
}
