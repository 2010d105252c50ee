import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Cpio } from './cpio.ts';

/** Every entry as "mode name content". */
function listing(archive: Buffer): string[] {
  const entries: string[] = [];
  for (let at = 0; at < archive.length; ) {
    assert.equal(archive.toString('latin1', at, at + 6), '070701');
    const number = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [mode, size, nameSize] = [number(1), number(6), number(11)];
    const name = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    const content = (at + 110 + nameSize + 3) & ~3;
    entries.push(`${mode.toString(8)} ${name} ${archive.toString('utf8', content, content + size)}`);
    at = (content + size + 3) & ~3;
  }
  return entries;
}

test('files, links and directories are written, parents first and once', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pebble-cpio-'));
  t.after(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'tree/skipped'), { recursive: true });
  writeFileSync(join(directory, 'tree/five'), '12345', { mode: 0o755 });
  symlinkSync('five', join(directory, 'tree/link'));
  const path = join(directory, 'archive');
  const archive = new Cpio(path);
  archive.file('/a/b/c', 'text');
  archive.directory('/a/b');
  archive.copy(join(directory, 'tree'), '/a/tree', (file) => !file.endsWith('skipped'));
  archive.close();
  assert.deepEqual(listing(readFileSync(path)), [
    '40755 a ',
    '40755 a/b ',
    '100644 a/b/c text',
    '40755 a/tree ',
    '100755 a/tree/five 12345',
    '120777 a/tree/link five',
    '0 TRAILER!!! ',
  ]);
});
