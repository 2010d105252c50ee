/** The bundle is the same program as the sources. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readImports } from '../../../scripts/layers.ts';
import { bundleOnceQuiet, bundleText, collect, WHOLE } from './bundle.ts';

const SOURCES = fileURLToPath(new URL('../../', import.meta.url));
const START = join(SOURCES, 'cli/start/index.ts');

function run(entry: string, argv: readonly string[] = [], cache?: string) {
  const { NODE_COMPILE_CACHE: _, ...own } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', entry, ...argv],
    { encoding: 'utf8', env: { ...own, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) } },
  );
  return { status, stdout, stderr };
}

/** As index.ts finds it: of no sources, so that none of them is newer. */
function putBundle(cache: string, name: string, sources = SOURCES): void {
  writeFileSync(join(cache, `${name}-0.js`), bundleText(sources, collect(sources, name)));
  writeFileSync(
    join(cache, `${name}.json`),
    JSON.stringify({ node: process.version, bundle: `${name}-0.js`, files: [] }),
  );
}

/** V8's code for the whole program's bundle. */
function codeIn(cache: string): string {
  const [file, ...others] = readdirSync(cache).filter((one) => /^pebble-0\.js./.test(one));
  assert.ok(file !== undefined && others.length === 0, `${file} ${others}`);
  return join(cache, file);
}

test('every command says the same from the bundle and from the sources', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-bundle-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const main = join(SOURCES, 'cli/main.ts');
  const check = (name: string, ...lines: readonly (readonly string[])[]) => {
    putBundle(folder, name);
    for (const argv of lines) assert.deepEqual(run(START, argv, folder), run(main, argv), `${name}: ${argv.join(' ')}`);
  };
  check(WHOLE, ['version', '--json'], ['nope'], ['--help']);
  check('trace', ['trace', '--check', '-e', 'BEGIN { nonsense() }'], ['trace', '-h'], ['trace', '--info']);
});

test("V8's code is kept after the first run, taken by the next, and made anew where V8 refuses it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-code-'));
  t.after(() => rmSync(folder, { recursive: true }));
  putBundle(folder, WHOLE);
  const version = () => run(START, ['version', '--json'], folder);
  const first = version();
  assert.equal(first.status, 0, first.stderr);
  const code = codeIn(folder);
  const { ino, size } = statSync(code);
  assert.deepEqual(version(), first);
  assert.equal(statSync(code).ino, ino);
  writeFileSync(code, 'of another V8');
  assert.deepEqual(version(), first);
  assert.ok(statSync(code).size > size / 2);
});

test('packages are found wherever the bundle lies', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-packages-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'cli'));
  const one = "console.log(typeof (await import('pg')).default.Client);";
  const computed = "const url = new URL('other.mjs', import.meta.url);\nconsole.log((await import(url.href)).default);";
  writeFileSync(join(folder, 'cli/main.ts'), `${one}\n${computed}`);
  writeFileSync(join(folder, 'cli/other.mjs'), 'export default 7;');
  putBundle(folder, WHOLE, `${folder}/`);
  assert.deepEqual(run(START, [], folder), { status: 0, stdout: 'function\n7\n', stderr: '' });
});

test('sources are bundled when nobody works on them; what cannot be bundled is said', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-sources-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [sources, cache] = [`${folder}/src/`, `${folder}/cache`];
  mkdirSync(`${sources}cli/start`, { recursive: true });
  const write = (path: string, text: string, secondsAgo: number) => {
    writeFileSync(sources + path, text);
    const time = Date.now() / 1000 - secondsAgo;
    utimesSync(sources + path, time, time);
  };
  const bundle = () => bundleOnceQuiet(sources, cache, WHOLE);
  write('cli/start/bundle.ts', '', 100);
  write('cli/main.ts', 'console.log(1 as number);', 10);
  assert.equal(bundle(), undefined);
  assert.ok(!existsSync(cache));
  write('cli/main.ts', 'console.log(1 as number);', 100);
  writeFileSync(`${folder}/run.cjs`, `${readFileSync(bundle()!, 'utf8')}()`);
  assert.equal(run(`${folder}/run.cjs`).stdout, '1\n');
  symlinkSync('nobody@host', `${sources}cli/.#main.ts`);
  assert.equal(bundle(), undefined);
  rmSync(`${sources}cli/.#main.ts`);
  write('cli/main.ts', 'export const [A, B] = [0, 1];', 100);
  assert.throws(bundle, /src\/cli\/main\.ts: cannot bundle "export const \[A, B\] = \[0, 1\];"/);
});

test('trace starts without the readers of programs, debug information and PostgreSQL', () => {
  const loaded = new Set<string>();
  const visit = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { specifier, kind } of readImports(readFileSync(join(SOURCES, file), 'utf8'))) {
      if (kind === 'value' && specifier.startsWith('.')) visit(join(dirname(file), specifier));
    }
  };
  visit('cli/main.ts');
  visit('cli/commands/trace.ts');
  const late = ['bpf/elf/index.ts', 'bpf/dwarf/index.ts', 'postgres/discover/index.ts', 'bpf/symbols/index.ts'];
  assert.deepEqual(
    late.filter((file) => loaded.has(file)),
    [],
  );
});
