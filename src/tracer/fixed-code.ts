/** Names of code in a program that is always loaded at the same address: they can be known after its process has ended. */
import { CodeSymbols, Elf, FILE_TYPE, openDebugFile } from '../bpf/elf/index.ts';
import type { LinkSpec } from '../bpf/spec/index.ts';

export interface FixedPlace {
  readonly symbol: string;
  readonly offset: number;
  readonly module: string;
  readonly address: number;
}

/** The binary that the links trace, when it is one only; with several nobody could say whose the address was. */
export function onlyBinary(links: readonly LinkSpec[]): string | undefined {
  const paths = links.flatMap((link) => {
    if (link.kind === 'uprobe') return [link.at.binary];
    return link.kind === 'uprobe_multi' || link.kind === 'usdt' ? [link.binary] : [];
  });
  const [first] = paths;
  return paths.every((path) => path === first) ? first : undefined;
}

/** Locates addresses in the file; undefined for files that are loaded anywhere (PIE, libraries). */
export function fixedCode(path: string): ((address: number) => FixedPlace | undefined) | undefined {
  try {
    const elf = Elf.open(path);
    try {
      if (elf.header.type !== FILE_TYPE.executable) return undefined;
      const separate = elf.section('.symtab') ? undefined : openDebugFile(elf, path);
      const code = new CodeSymbols(separate ?? elf);
      // Symbols are read to the end before the files are closed.
      code.locate(0);
      separate?.close();
      return (address) => {
        const place = code.locate(address);
        return place && !place.near ? { symbol: place.symbol, offset: place.offset, module: path, address } : undefined;
      };
    } finally {
      elf.close();
    }
  } catch {
    return undefined;
  }
}
