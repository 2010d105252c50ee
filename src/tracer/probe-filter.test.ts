import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CompileHost, compile, type UserFunction } from '../lang/index.ts';
import { probeFilter } from './probe-filter.ts';

const named = (name: string, at: bigint): UserFunction => ({ name, address: at, fileOffset: at, size: 8 });
const HOST: CompileHost = {
  cpus: { possible: 1 },
  binaries: (name) => [name],
  userFunctions: () => [named('one', 16n), named('once', 32n), named('two', 48n)],
};

function filtered(text: string, expression: string) {
  const isWanted = probeFilter(expression)!;
  const { script, diagnostics } = compile(text, { host: HOST, isWanted });
  assert.deepEqual(diagnostics, []);
  const { programs, links } = script!.collection;
  return { probes: script!.probes.map(({ name }) => name), programs: programs.length, links };
}

test('programs and links of probes that do not match are left out', () => {
  const { probes, programs, links } = filtered(
    'uprobe:/x:one { @ = 1; } uprobe:/x:two { print(@); } END { print(1); }',
    'two$',
  );
  assert.deepEqual(probes, ['uprobe:/x:two', 'end']);
  assert.deepEqual([programs, links.length], [2, 1]);
});

test('a link that functions of one body share has those that match only', () => {
  const { probes, links } = filtered('uprobe:/x:* { @[func] = count(); }', 'on');
  assert.deepEqual(probes, ['uprobe:/x:one', 'uprobe:/x:once']);
  assert.deepEqual(links, [
    { kind: 'uprobe_multi', program: 'p0', binary: '/x', fileOffsets: [16n, 32n], atReturn: false },
  ]);
});

test('an expression that is none is a usage error', () => {
  assert.throws(() => probeFilter('('), /Invalid --probe-filter regex/);
  assert.equal(probeFilter(undefined), undefined);
});
