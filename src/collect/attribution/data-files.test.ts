/** Files by inode, on a folder that looks like a data directory: what is there, what comes later, what is not found. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DataFiles } from './data-files.ts';

test('a file is found by its inode, one that came later when it is looked again, and nobody looks for what was not there', (t) => {
  let now = 0;
  const root = mkdtempSync(join(tmpdir(), 'pebble-files-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'base/5'), { recursive: true });
  const make = (path: string): number => {
    writeFileSync(join(root, path), '');
    return statSync(join(root, path)).ino;
  };
  const first = make('base/5/16384');
  const stranger = make('elsewhere');
  const files = new DataFiles(root, () => now);
  assert.equal(files.pathOf(first), 'base/5/16384');
  const later = make('base/5/16385');
  assert.equal(files.pathOf(later), undefined);
  assert.equal(files.pathOf(stranger), undefined);
  now = 11_000;
  assert.equal(files.pathOf(later), 'base/5/16385');
  now = 22_000;
  const last = make('base/5/16386');
  assert.equal(files.pathOf(stranger), undefined);
  assert.equal(files.pathOf(last), 'base/5/16386', 'nobody looked for the stranger, who is known to be none');
});
