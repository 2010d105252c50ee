/** Makes one executable of an installed Pebble and Node: `node scripts/single/build.ts FOLDER OUTPUT`. */
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, zstdCompressSync } from 'node:zlib';

const MAIN = fileURLToPath(new URL('main.cjs', import.meta.url));
/** Runs a file of the folder; a module of the folder may import what it likes, what the executable carries may not. */
const START = 'module.exports = (path) => import(path);\n';
/** As the launcher gives them. */
const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2'];
/** Node is the executable itself, and tests and types are for those who work on Pebble. */
const LEFT_OUT = [
  /^node_modules\/(node-linux-|\.)/,
  /\.test\.ts$/,
  /\.d\.(ts|mts|cts)$/,
  /\.map$/,
  /^(docs|test|bench)\//,
];

function archive(folder: string): Buffer {
  const paths = globSync('**/*', { cwd: folder })
    .filter((path) => !LEFT_OUT.some((pattern) => pattern.test(path)) && statSync(join(folder, path)).isFile())
    .sort();
  const files = [
    ['start.cjs', Buffer.from(START)] as const,
    ...paths.map((path) => [path, readFileSync(join(folder, path))] as const),
  ];
  const table = Buffer.from(JSON.stringify(files.map(([path, bytes]) => [path, bytes.length])));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(table.length);
  const whole = Buffer.concat([length, table, ...files.map(([, bytes]) => bytes)]);
  return zstdCompressSync(whole, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
}

const [from, output] = process.argv.slice(2).map((path) => resolve(path));
const work = mkdtempSync(join(tmpdir(), 'pebble-single-'));
try {
  writeFileSync(join(work, 'files'), archive(from!));
  const configuration = {
    main: MAIN,
    output,
    assets: { files: join(work, 'files') },
    execArgv: NODE_OPTIONS,
    execArgvExtension: 'none',
    disableExperimentalSEAWarning: true,
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(configuration));
  execFileSync(process.execPath, ['--build-sea', join(work, 'sea.json')], { stdio: ['ignore', 'ignore', 'inherit'] });
} finally {
  rmSync(work, { recursive: true });
}
