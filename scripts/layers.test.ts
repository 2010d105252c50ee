/** The layer check finds what it should, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findViolations, type Module, readImports } from './layers.ts';

const module = (file: string, ...lines: string[]): Module => ({ file, imports: readImports(lines.join('\n')) });

test('imports are read in all their forms', () => {
  const source = `/** import x from 'comment' */
import { a } from './a.ts';
import type { B } from './b.ts';
export * from './c.ts';
import './d.ts';
import {
  e,
  type F,
} from '../e.ts';
const lazy = () => import('./g.ts');
const text = "import { z } from './z.ts'";
`;
  assert.deepEqual(
    readImports(source).map(({ specifier, kind }) => `${kind} ${specifier}`),
    ['value ./a.ts', 'type ./b.ts', 'value ./c.ts', 'value ./d.ts', 'value ../e.ts', 'lazy ./g.ts'],
  );
});

test('an allowed tree has no findings', () => {
  const modules = [
    module('base/errors.ts'),
    module('bpf/spec/index.ts', "import { PebbleError } from '../../base/errors.ts';"),
    module(
      'lang/compile.ts',
      "import type { MapSpec } from '../bpf/spec/index.ts';",
      "import { inspect } from 'node:util';",
    ),
    module('lang/compile.test.ts', "import { load } from '../bpf/index.ts';", "import { test } from 'node:test';"),
  ];
  assert.deepEqual(findViolations(modules), []);
});

test('each rule is enforced', () => {
  const cases: [Module, RegExp][] = [
    [module('lang/a.ts', "import { b } from '../tracer/b.ts';"), /lang may not import tracer/],
    [module('lang/a.ts', "import type { B } from '../bpf/sys/b.ts';"), /lang may not import bpf\/sys/],
    [module('tracer/a.ts', "const b = () => import('../collect/b.ts');"), /tracer may not import collect/],
    [module('aggregate/a.ts', "import { readFileSync } from 'node:fs';"), /aggregate does no system calls/],
    [module('agent/a.ts', "import koffi from 'koffi';"), /package koffi is not for agent/],
    [module('cli/a.ts', "import { join } from 'path';"), /write node:path/],
    [module('cli/a.ts', "import { x } from '../../scripts/x.ts';"), /outside src/],
    [module('nowhere/a.ts'), /no row/],
  ];
  for (const [wrong, message] of cases) {
    const findings = findViolations([wrong]);
    assert.equal(findings.length, 1, findings.join('\n'));
    assert.match(findings[0]!, message);
  }
});

test('a cycle of values is found, one through a type or a lazy import is none', () => {
  const cycle = (second: string) =>
    findViolations([module('cli/a.ts', "import { b } from './b.ts';"), module('cli/b.ts', second)]);
  assert.deepEqual(cycle("import { a } from './a.ts';"), ['cycle: src/cli/a.ts -> src/cli/b.ts -> src/cli/a.ts']);
  assert.deepEqual(cycle("import type { A } from './a.ts';"), []);
  assert.deepEqual(cycle("const a = () => import('./a.ts');"), []);
});
