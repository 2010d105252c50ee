/**
 * Where the process starts: from the bundle, when there is one as new as the sources, else from the sources
 * (docs/decisions/0003-bundle.md). Nothing else may be imported here: it would be loaded twice.
 */
/** Not imported: a statement would read every export of node:fs, which loads its streams and promises (7 ms). */
const { existsSync, readFileSync, statSync } = process.getBuiltinModule('node:fs');
const { pathToFileURL } = process.getBuiltinModule('node:url');

/** What a bundle was made of: for each source file its path below src/, time of change and size. */
interface Manifest {
  readonly node: string;
  /** Its name in the same folder. */
  readonly bundle: string;
  readonly files: readonly (readonly [path: string, mtimeMs: number, size: number])[];
}

const SOURCES = new URL('../../', import.meta.url).pathname;
/** The launcher's cache folder. */
const folder = process.env.NODE_COMPILE_CACHE;

/** `trace` has a bundle of its own, half as large: its start is compared with bpftrace's. Its help is the program's. */
const [command, option] = process.argv.slice(2);
const name = command === 'trace' && option !== '--help' ? command : 'pebble';

function freshBundle(cache: string): string | undefined {
  try {
    const { node, bundle, files } = JSON.parse(readFileSync(`${cache}/${name}.json`, 'utf8')) as Manifest;
    const path = `${cache}/${bundle}`;
    const isFresh = node === process.version && existsSync(path) && files.every(isUnchanged);
    return isFresh ? path : undefined;
  } catch {
    return undefined;
  }
}

function isUnchanged([path, mtimeMs, size]: Manifest['files'][number]): boolean {
  const found = statSync(SOURCES + path);
  return found.mtimeMs === mtimeMs && found.size === size;
}

/** Sources that are being worked on are not bundled anew at every start. */
async function makeBundle(cache: string): Promise<string | undefined> {
  const { bundleOnceQuiet } = await import('./bundle.ts');
  try {
    return bundleOnceQuiet(SOURCES, cache, name);
  } catch (error) {
    // Not in silence: every start would try it again.
    process.stderr.write(`warning: starting from the sources, which is slow: ${(error as Error).message}\n`);
    return undefined;
  }
}

async function entry(): Promise<string> {
  if (folder === undefined || process.env.PEBBLE_NO_BUNDLE) return '../main.ts';
  const bundle = freshBundle(folder) ?? (await makeBundle(folder));
  return bundle === undefined ? '../main.ts' : pathToFileURL(bundle).href;
}

await import(await entry());
