/**
 * What the single executable runs first: unpacks the files that it carries into a folder that only this user can write,
 * once, and goes on with the program there. Node's own `require` of an executable knows no files: hence the detour.
 */
const { createHash } = require('node:crypto');
const { existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { homedir } = require('node:os');
const { dirname, join } = require('node:path');
const { getRawAsset } = require('node:sea');
const { zstdDecompressSync } = require('node:zlib');

const packed = Buffer.from(getRawAsset('files'));
const folder = unpackedIn(join(cacheFolder(), createHash('sha256').update(packed).digest('hex').slice(0, 16)));
const start = createRequire(join(folder, 'start.cjs'))('./start.cjs');
// A child of fork(2) gets Node's options before the file that it should run: those are given already.
const args = process.argv.slice(2);
const module_ =
  process.env.NODE_CHANNEL_FD === undefined ? undefined : args.find((argument) => argument.startsWith(folder));
if (module_ === undefined) process.env.NODE_COMPILE_CACHE = join(folder, 'cache');
start(module_ ?? join(folder, 'src/cli/start/index.ts'));

function cacheFolder() {
  const parent = process.getuid() === 0 ? '/var/cache' : (process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'));
  const cache = join(parent, 'pebble');
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  refuseForeign(cache);
  return cache;
}

/** What another user could write, we do not run. */
function refuseForeign(path) {
  const { uid, mode } = lstatSync(path);
  if (lstatSync(path).isDirectory() && uid === process.getuid() && (mode & 0o022) === 0) return;
  console.error(`error: starting Pebble: others can write ${path}\nhint: remove it, or set XDG_CACHE_HOME`);
  process.exit(1);
}

/** Written beside and then renamed: several processes may do this at once. */
function unpackedIn(target) {
  if (existsSync(target)) {
    refuseForeign(target);
    return target;
  }
  const beside = mkdtempSync(`${target}-`);
  for (const [path, bytes] of filesOf(zstdDecompressSync(packed))) {
    mkdirSync(dirname(join(beside, path)), { recursive: true });
    writeFileSync(join(beside, path), bytes);
  }
  try {
    renameSync(beside, target);
  } catch {
    // Another process was faster.
    rmSync(beside, { recursive: true });
  }
  return target;
}

/** scripts/single/build.ts: the length of a table in four bytes, the table of paths and lengths in JSON, then the files. */
function* filesOf(archive) {
  const length = archive.readUInt32LE(0);
  let at = 4 + length;
  for (const [path, size] of JSON.parse(archive.toString('utf8', 4, at))) {
    yield [path, archive.subarray(at, at + size)];
    at += size;
  }
}
