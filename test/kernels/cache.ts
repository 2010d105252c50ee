/** Where downloaded packages and what is made of them stay, outside of the repository. */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `PEBBLE_KERNEL_CACHE`, else a directory of the user's cache; it is made. */
export function cacheDirectory(...parts: string[]): string {
  const base =
    process.env.PEBBLE_KERNEL_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pebble-kernels');
  const path = join(base, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
}
