/** The tarball for npm, unpacked as npm does, runs: below node_modules Node itself strips no types. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { command } from '../cli/pebble.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'pebble-npm-'));
after(() => rmSync(folder, { recursive: true }));

/** As `npm install` lays it out; the dependencies are those of this checkout. */
function unpack(): string {
  const modules = join(folder, 'node_modules');
  const own = join(modules, 'pgpebble');
  mkdirSync(own, { recursive: true });
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT, stdio: 'pipe' });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  execFileSync('tar', ['-xzf', join(folder, tarball), '-C', own, '--strip-components=1']);
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((name) => /^[@a-z]/.test(name)))
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  return join(own, 'pebble');
}

const program = unpack();

/** What users of the library write, in a process of theirs that knows nothing of types. */
const LIBRARY = `
import { createMap, readOnThread, u64 } from 'pgpebble/bpf';
import { aluImm, exit } from 'pgpebble/bpf/asm';
import { openObject } from 'pgpebble/bpf/object';
const { hasKernelBtf } = createRequire(import.meta.url)('pgpebble/bpf/btf');
const said = [u64.size, exit().opcode > 0, aluImm('mov', 0, 1).imm, typeof openObject, typeof hasKernelBtf()];
if (process.geteuid() === 0) {
  const map = createMap({ name: 'ring', type: 'ringbuf', maxEntries: 4096 });
  const worker = await readOnThread(map, () => {});
  await worker.stop();
  map.close();
}
console.log(JSON.stringify(said));
`;

test('the library of the npm tarball is imported, required, and has its threads', () => {
  const script = join(folder, 'library.mjs');
  writeFileSync(script, `import { createRequire } from 'node:module';${LIBRARY}`);
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), [8, true, 1, 'function', 'boolean']);
});

test('scripts are completed and checked by the library, as the tutorial says', () => {
  const script = join(folder, 'assist.mjs');
  const text = `import { complete, diagnose } from 'pgpebble/lang/assist';
    const labels = complete('BEGIN { prin', 12).items.map(({ label }) => label);
    const [mistake] = diagnose('BEGIN { print(nope); }');
    console.log(JSON.stringify([labels, mistake.from, mistake.to]));`;
  writeFileSync(script, text);
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  assert.equal(stderr, '');
  const [labels, ...place] = JSON.parse(stdout);
  assert.ok(labels.includes('printf'), stdout);
  assert.deepEqual(place, [14, 18]);
});

test('a Node that cannot run the library is told which one can', () => {
  const [script, older] = [join(folder, 'any.mjs'), join(folder, 'older.mjs')];
  writeFileSync(script, "import 'pgpebble/lang';");
  // Before 22.15 and 23.5 there are no such hooks.
  const without = "import module from 'node:module'; delete module.registerHooks; module.syncBuiltinESMExports();";
  writeFileSync(older, without);
  const { status, stderr } = spawnSync(process.execPath, ['--import', older, script], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /runs no TypeScript as pgpebble needs it: use node_modules\/\.bin\/node/);
});

test('pebble of the npm tarball runs', () => {
  const version = command(program, 'version', '--json');
  assert.equal(version.status, 0, version.stderr);
  assert.equal(
    JSON.parse(version.stdout).pebble,
    JSON.parse(command(join(ROOT, 'pebble'), 'version', '--json').stdout).pebble,
  );
  const listed = command(program, 'run');
  assert.equal(listed.status, 0, listed.stderr);
  assert.equal(listed.stdout, command(join(ROOT, 'pebble'), 'run').stdout);
});
