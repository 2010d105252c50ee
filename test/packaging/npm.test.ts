/** The tarball for npm, unpacked as npm does, runs: below node_modules Node itself strips no types. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
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

test('pebble of the npm tarball runs', () => {
  const program = unpack();
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
