/** Mistakes of beginners, and the hints that they get. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from './index.ts';

const HINTS: readonly (readonly [script: string, hint: string | undefined])[] = [
  ['BEGIN { print(1)', 'the { in line 1 is not closed: a } is missing'],
  ['BEGIN {\n  if (1) { print("}"); // }\n', 'the { in line 2 is not closed: a } is missing'],
  ['BEGIN { print(1); } }', 'the } in line 1 closes nothing'],
  ['BEGIN { print("x); }', 'the text that begins in line 1 has no closing "'],
  ["BEGIN { print('x'); }", 'texts stand in double quotes: "…"'],
  ['BEGIN print(1); }', 'what a probe does stands in braces: BEGIN { … }, after its /condition/'],
  ['{ print(1); }', 'a body has its probe in front: BEGIN { … }'],
  ['BEGIN { x = 1; }', 'names of variables begin with $ (for one event) or @ (kept between events): $x = …'],
  ['BEGIN /comm = "x"/ { print(1); }', 'compare by =='],
  ['BEGIN { for (i = 0; i < 3; i++) { } }', 'write for ($i : 0..10) { … }'],
  ['BEGIN { for ($i = 0; $i < 3; $i++) { } }', 'write for ($i : 0..10) { … }'],
  ['BEGIN { if (1) { } elif (2) { } }', 'write else if'],
  ['BEGIN { let x = 1; }', 'names of variables begin with $'],
  ['BEGIN { int $x = 1; }', 'variables are declared by their first value, or by let $name : type;'],
  ['BEGIN { # remark\n }', 'comments begin with //'],
  ['BEGIN { @x = 1 print(@x); }', 'statements are separated by ;'],
  ['BEGIN { for ($i : 5) { } }', 'write for ($i : 0..10) { … }'],
  ['BEGIN { @x.clear(); }', 'maps have no methods: clear(@x), delete(@x, key), len(@x), print(@x)'],
  ['BEGIN /comm like "p%"/ { print(1); }', 'texts are compared by ==, or searched: strcontains(text, "part")'],
  ['BEGIN { @ = count() by pid; }', 'the key stands in brackets: @[pid] = count()'],
  ['BEGIN { if $a > 1 { print(1); } }', 'a condition stands in parentheses: if ($a > 1) { … }'],
  ['BEGIN { foreach ($kv : @x) { print($kv); } }', 'write for ($kv : @x) { … }'],
  ['BEGIN where pid == 1 { print(1); }', 'a condition stands in slashes, in front of the body: /pid == 1/ { … }'],
  ['BEGIN { print(1 + ); }', undefined],
];

for (const [text, hint] of HINTS) {
  test(text, () => {
    const { diagnostics } = parse({ name: 'stdin', text });
    assert.match(diagnostics[0]!.message, /^syntax: /);
    assert.deepEqual(diagnostics[0]!.hints, hint === undefined ? [] : [hint]);
  });
}

const times = (count: number, text: string): string => text.repeat(count);
const DEEP: Readonly<Record<string, string>> = {
  'a sum': `BEGIN { print(1${times(3000, '+1')}); }`,
  'else if': `BEGIN { if (pid == 1) { }${times(3000, ' else if (pid == 2) { }')} }`,
  ternaries: `BEGIN { print(${times(3000, 'pid ? 1 : ')}0); }`,
  signs: `BEGIN { print(${times(20_000, '!')}pid); }`,
  parentheses: `BEGIN { print(${times(20_000, '(')}1${times(20_000, ')')}); }`,
  calls: `BEGIN { print(${times(20_000, 'str(')}1${times(20_000, ')')}); }`,
};

for (const [what, text] of Object.entries(DEEP)) {
  test(`${what}: nested too deeply`, () => {
    const { diagnostics } = parse({ name: 'stdin', text });
    assert.equal(diagnostics[0]!.message, 'syntax: the script is nested too deeply');
    const { start = 0, end = 0 } = diagnostics[0]!.span ?? {};
    assert.ok(start > 0 && start < end && end <= text.length, `${start} to ${end}`);
    assert.deepEqual(diagnostics[0]!.hints, ['keep a part of it in a variable, or in a function of its own']);
  });
}

test('a long script is not a deep one', () => {
  assert.deepEqual(parse({ name: 'stdin', text: `BEGIN { ${times(20_000, 'print(1); ')} }` }).diagnostics, []);
});
