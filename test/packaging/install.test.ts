/** The first starts of a fresh clone: npm installs once, however many start, and again where it was cut short. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const REPOSITORY = join(import.meta.dirname, '../..');
const INSTALLING = /installing the pinned dependencies/g;

/** A package whose only dependency is this Node, in a folder beside it: nothing is downloaded. */
function freshClone(): string {
  const clone = mkdtempSync(join(tmpdir(), 'pebble-clone-'));
  copyFileSync(join(REPOSITORY, 'pebble'), join(clone, 'pebble'));
  mkdirSync(join(clone, 'node/bin'), { recursive: true });
  symlinkSync(process.execPath, join(clone, 'node/bin/node'));
  const node = { name: 'node-linux-here', version: '1.0.0' };
  const own = { name: 'clone', version: '1.0.0', dependencies: { [node.name]: 'file:node' } };
  const link = { resolved: 'node', link: true };
  const packages = { '': own, node, [`node_modules/${node.name}`]: link };
  writeFileSync(join(clone, 'node/package.json'), JSON.stringify(node));
  writeFileSync(join(clone, 'package.json'), JSON.stringify(own));
  writeFileSync(join(clone, 'package-lock.json'), JSON.stringify({ ...own, lockfileVersion: 3, packages }));
  return clone;
}

async function start(clone: string): Promise<string> {
  const env = { ...process.env, PEBBLE_INSTALL_ONLY: '1' };
  const child = spawn('./pebble', { cwd: clone, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  assert.equal(code, 0, text);
  return text;
}

test('three first starts at once install once; an installation that was cut short is done again', async () => {
  const clone = freshClone();
  try {
    const together = await Promise.all([start(clone), start(clone), start(clone)]);
    assert.equal(together.join('').match(INSTALLING)?.length, 1);
    assert.equal(await start(clone), '');
    rmSync(join(clone, 'node_modules/.package-lock.json'));
    assert.match(await start(clone), INSTALLING);
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
});
