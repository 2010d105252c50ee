/** The bundle is the same program as the sources. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readImports } from '../../../scripts/layers.ts';
import { bundleOnceQuiet, bundleText, collect, WHOLE } from './bundle.ts';

const SOURCES = fileURLToPath(new URL('../../', import.meta.url));

function run(entry: string, ...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', entry, ...argv],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

test('every command says the same from the bundle and from the sources', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-bundle-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const main = join(SOURCES, 'cli/main.ts');
  const check = (name: string, ...lines: readonly (readonly string[])[]) => {
    const bundle = join(folder, `${name}.mjs`);
    writeFileSync(bundle, bundleText(SOURCES, collect(SOURCES, name)));
    for (const argv of lines) assert.deepEqual(run(bundle, ...argv), run(main, ...argv), `${name}: ${argv.join(' ')}`);
  };
  check(WHOLE, ['version', '--json'], ['nope'], ['--help']);
  check('trace', ['trace', '--check', '-e', 'BEGIN { nonsense() }'], ['trace', '-h'], ['trace', '--info']);
});

test('sources that are being worked on are not bundled', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-sources-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(bundleOnceQuiet(`${folder}/`, folder, WHOLE), undefined);
  assert.deepEqual(readdirSync(folder), []);
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
