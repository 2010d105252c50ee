/** What is no regular file is neither waited for nor opened. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, readSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openRegular, readRegular } from './foreign-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'pebble-foreign-'));
after(() => rmSync(folder, { recursive: true }));

test('a file, also through a link', () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'bytes');
  symlinkSync(path, join(folder, 'link'));
  assert.equal(readRegular(join(folder, 'link'))?.toString(), 'bytes');
  const fd = openRegular(path);
  assert.equal(readSync(fd, Buffer.alloc(9)), 5);
  closeSync(fd);
});

test('a pipe, a device, a folder, what is not there, what is too large', () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  symlinkSync('/dev/zero', join(folder, 'zero'));
  const large = join(folder, 'large');
  writeFileSync(large, '');
  truncateSync(large, 2 ** 40);
  for (const path of [pipe, join(folder, 'zero'), folder, join(folder, 'absent'), large])
    assert.equal(readRegular(path), undefined, path);
  assert.throws(() => openRegular(pipe), /is not a regular file/);
});
