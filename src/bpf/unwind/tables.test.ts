import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMaps } from '../symbols/index.ts';
import { UnwindTables } from './tables.ts';

/** Code of files that this process maps: one mapping each. */
const mappings = [...new Map(readMaps(process.pid).map((mapping) => [mapping.inode, mapping])).values()].filter(
  ({ inode, path }) => inode !== 0 && path.includes('.so'),
);

function load(tables: UnwindTables) {
  return mappings.map((mapping) => {
    const file = tables.fileOf(mapping)!;
    tables.want(file, process.pid, mapping);
    return file;
  });
}

test('each file is read once', () => {
  const tables = new UnwindTables();
  const files = load(tables);
  assert.ok(files.length > 2);
  assert.ok(files.every(({ table }) => table));
  assert.deepEqual(load(tables), files);
  assert.ok(tables.bytes > 100_000, `${tables.bytes} bytes`);
});

test('what was not wanted for longest makes room, and is read again', () => {
  const tables = new UnwindTables(1);
  const files = load(tables);
  assert.deepEqual(
    files.map(({ table }) => table !== undefined),
    files.map((_, i) => i === files.length - 1),
  );
  assert.ok(tables.want(files[0]!, process.pid, mappings[0]!));
});

test('memory without a file has no table, a file that is none has none either', () => {
  const tables = new UnwindTables();
  const [mapping] = mappings;
  assert.equal(tables.fileOf({ ...mapping!, inode: 0, path: '' }), undefined);
  const gone = { ...mapping!, start: 0, end: 4096, inode: 1, path: '/nonexistent' };
  assert.ok(tables.want(tables.fileOf(gone)!, process.pid, gone) === null);
});
