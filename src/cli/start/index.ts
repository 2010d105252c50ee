/**
 * Where the process starts: from the bundle, when there is one as new as the sources, else from the sources
 * (docs/decisions/0003-bundle.md). Nothing else may be imported here: it would be loaded twice.
 */
/** Not imported: a statement would read every export of node:fs, which loads its streams and promises (7 ms). */
const { existsSync, readFileSync, renameSync, statSync, writeFileSync } = process.getBuiltinModule('node:fs');
const { Script } = process.getBuiltinModule('node:vm');

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

/**
 * With V8's code for it beside it, of all functions that its first run has called. Node's own cache would do the same for a module,
 * and take three times as long to read it.
 */
async function run(bundle: string): Promise<void> {
  // V8 takes no code that was made with other options.
  const options = process.execArgv.filter((option) => !option.startsWith('--import=')).join('');
  const file = `${bundle}${options.replace(/[^\w-]/g, '_')}`;
  const known = existsSync(file) ? readFileSync(file) : undefined;
  const script = new Script(readFileSync(bundle, 'latin1'), {
    filename: bundle,
    ...(known && { cachedData: known }),
  });
  if (!known || script.cachedDataRejected) process.once('exit', () => keep(script.createCachedData(), file));
  await script.runInThisContext()((specifier: string) => import(specifier));
}

/**
 * Written beside and then renamed: several processes may do this at once. And flushed before: V8 has no checksum, and crashes of
 * what a machine that lost its power has left of a file.
 */
function keep(code: Uint8Array, file: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, code, { flush: true });
    renameSync(temporary, file);
  } catch {
    // The next run tries it again.
  }
}

const bundle =
  folder === undefined || process.env.PEBBLE_NO_BUNDLE
    ? undefined
    : (freshBundle(folder) ?? (await makeBundle(folder)));
await (bundle === undefined ? import('../main.ts') : run(bundle));
