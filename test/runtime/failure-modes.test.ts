/** The table of failure modes names tests: they must exist. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

test('each of the twenty has a proof that exists', () => {
  const rows = read('docs/failure-modes.md').match(/^\| \d+ \|.*$/gm) ?? [];
  assert.equal(rows.length, 20);
  const matrix = read('docs/kernels.md');
  for (const row of rows) {
    const tests = [...row.matchAll(/`([^`]+\.ts)` "([^"]+)"/g)];
    const cells = [...row.matchAll(/rows? ((?:"[^"]+"(?: and )?)+)/g)].flatMap(
      ([, names]) => names!.match(/[^"]+(?=")/g)!,
    );
    assert.ok(tests.length + cells.length > 0, row);
    for (const [, path, name] of tests) assert.ok(read(path!).includes(name!), `${path} has no test "${name}"`);
    for (const name of cells.filter((cell) => cell.trim() !== 'and'))
      assert.ok(matrix.includes(`| ${name} |`), `docs/kernels.md has no row "${name}"`);
  }
});
