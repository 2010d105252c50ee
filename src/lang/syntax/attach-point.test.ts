/** Where attach points are split. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitAttachPoint } from './attach-point.ts';

const partsOf = (text: string) => splitAttachPoint(text).parts;

test('an @ is before a file of the source, or within a path', () => {
  assert.deepEqual(partsOf('uprobe:/bin/a@main.c:12'), ['uprobe', '/bin/a', '@', 'main.c', '12']);
  assert.deepEqual(partsOf('uprobe:@main.c:12'), ['uprobe', '', '@', 'main.c', '12']);
  assert.deepEqual(partsOf('uprobe:/lib/@scope/bin/a:main'), ['uprobe', '/lib/@scope/bin/a', 'main']);
  assert.deepEqual(partsOf('uprobe:/lib/@scope/a@b.c:7'), ['uprobe', '/lib/@scope/a', '@', 'b.c', '7']);
  assert.deepEqual(partsOf('uprobe:"/lib/a@b":main'), ['uprobe', '/lib/a@b', 'main']);
});
