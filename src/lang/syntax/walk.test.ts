import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from './index.ts';
import { mapChildren, parse, printProgram, walk } from './index.ts';

const SCRIPT = 'BEGIN { $x = 1 + f(2, @m[3]); if ($x ?: 4) { print(5) } }';

test('walk sees every node once, in the order of the text', () => {
  const { program } = parse({ name: 's', text: SCRIPT });
  const seen: bigint[] = [];
  walk(program, (node) => void (node.kind === 'integer' && seen.push(node.value)));
  assert.deepEqual(seen, [1n, 2n, 3n, 4n, 5n]);
});

test('walk skips what the visitor refuses', () => {
  const { program } = parse({ name: 's', text: SCRIPT });
  let integers = 0;
  walk(program, (node) => {
    if (node.kind === 'integer') integers++;
    return node.kind !== 'call';
  });
  assert.equal(integers, 2);
});

test('mapping shares what does not change', () => {
  const { program } = parse({ name: 's', text: SCRIPT });
  const same = (node: Node): Node => mapChildren(node, same);
  assert.equal(same(program), program);
  const double = (node: Node): Node =>
    node.kind === 'integer' ? { kind: 'integer', span: node.span, value: node.value * 2n } : mapChildren(node, double);
  const doubled = double(program) as typeof program;
  assert.match(printProgram(doubled), /\$x = 2 \+ f\(4, @m\[6\]\);\n {2}if \(\$x \?: 8\)/);
  assert.equal(doubled.probes[0]!.attachPoints, program.probes[0]!.attachPoints);
});

test('the short conditional keeps one object in two places', () => {
  const { program } = parse({ name: 's', text: 'BEGIN { print(1 ?: 2) }' });
  const renew = (node: Node): Node => (node.kind === 'integer' ? { ...node } : mapChildren(node, renew));
  walk(renew(program), (node) => {
    if (node.kind === 'if') assert.equal(node.then, node.condition);
  });
});
