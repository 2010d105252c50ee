/** Runs `testdata/*.case`: a script, `====`, and what it prints as, or what is wrong with it. UPDATE=1 writes the answers. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatDiagnostics } from '../diagnostics/index.ts';
import { formatProgram, type Node, parse, print, printProgram } from './index.ts';

const FOLDER = new URL('./testdata/', import.meta.url);
const SEPARATOR = '====\n';

/** The tree without places, for comparison. */
function shape(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !/span$/i.test(key) && key !== 'comments');
  return Object.fromEntries(entries.map(([key, inner]) => [key, shape(inner)]));
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.case'))) {
  test(file.replace('.case', ''), () => {
    const path = new URL(file, FOLDER);
    const [script = '', expected = ''] = readFileSync(path, 'utf8').split(SEPARATOR);
    const { program, diagnostics } = parse({ name: 'stdin', text: script });
    const answer = diagnostics.length > 0 ? formatDiagnostics(diagnostics) : printProgram(program);
    if (process.env.UPDATE) writeFileSync(path, script + SEPARATOR + answer);
    else assert.equal(answer, expected);
    assert.equal(diagnostics.length > 0, file.startsWith('reject-'));
    if (diagnostics.length === 0) {
      const again = parse({ name: 'stdin', text: answer });
      assert.deepEqual(shape(again.program), shape(program), 'what is printed parses to the same tree');
    }
  });
}

test('every expression prints with the parentheses that it needs', () => {
  const text = 'BEGIN { @ = ((1 + 2) * -(3 - 4 - (5 - 6))) }';
  const { program } = parse({ name: 'stdin', text });
  const statement = program.probes[0]!.body.statements[0] as Extract<Node, { kind: 'assign' }>;
  assert.equal(print(statement.value), '(1 + 2) * -(3 - 4 - (5 - 6))');
});

const UNTIDY = `#!/usr/bin/env pebble
/*
 * What it does.
 */

// of the macro
macro m(x)   { x } // after it
let @a = hash(1)
let @b = hash(2)

config_probe:x { }
BEGIN
{
  // first
  $x = 1;   // one
  $y = { /* inner */ 2 };


  /* last */
  print($x)
  // the end
}
// goodbye
`;

test('formatting keeps comments and single blank lines, and is stable', () => {
  const { program } = parse({ name: 'stdin', text: UNTIDY });
  const formatted = formatProgram(program);
  assert.equal(
    formatted,
    `#!/usr/bin/env pebble
/*
 * What it does.
 */

// of the macro
macro m(x) {
  x
} // after it

let @a = hash(1);
let @b = hash(2);

config_probe:x {}

BEGIN {
  // first
  $x = 1; // one
  $y = {
    /* inner */
    2
  };

  /* last */
  print($x);
  // the end
}

// goodbye
`,
  );
  assert.equal(formatProgram(parse({ name: 'stdin', text: formatted }).program), formatted);
});
