/** The files that a script imports and includes. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** Where C compilers look by default. */
export const SYSTEM_INCLUDES = ['/usr/local/include', `/usr/include/${ARCHITECTURES[process.arch]}`, '/usr/include'];

export const scriptFiles = {
  read(path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  list(path: string): readonly string[] | undefined {
    try {
      return readdirSync(path);
    } catch {
      return undefined;
    }
  },
  isWorldWritable(path: string): boolean {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && (found.mode & 0o002) !== 0;
  },
};
