/** Each pass as a table: a script, and what it becomes or what is said about it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Diagnostic, Diagnostics, formatDiagnostics, type Source } from '../diagnostics/index.ts';
import { type Program, parse, printProgram } from '../syntax/index.ts';
import { applyConfig } from './apply-config.ts';
import { checkControlFlow } from './check-control-flow.ts';
import { checkRecursion } from './check-recursion.ts';
import { expandCMacros } from './expand-c-macros.ts';
import { expandMacros } from './expand-macros.ts';
import { fillParameters, type Parameters } from './fill-parameters.ts';
import { foldLiterals } from './fold-literals.ts';
import { type ImportOptions, resolveImports } from './resolve-imports.ts';
import { warnDeprecated } from './warn-deprecated.ts';
import { warnUnstable } from './warn-unstable.ts';

type Pass = (program: Program, diagnostics: Diagnostics) => unknown;

function run(pass: Pass, text: string): { program: Program; all: readonly Diagnostic[] } {
  const parsed = parse({ name: 'stdin', text });
  assert.equal(formatDiagnostics(parsed.diagnostics), '', text);
  const diagnostics = new Diagnostics();
  const program = pass(parsed.program, diagnostics) as Program | undefined;
  return { program: program ?? parsed.program, all: diagnostics.all };
}

/** The only probe's body on one line. */
function body(program: Program): string {
  const text = printProgram({ ...program, macros: [], cSources: [], imports: [] });
  return text
    .slice(text.indexOf('{') + 1, text.lastIndexOf('}'))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function becomes(pass: Pass, text: string, expected: string): void {
  const { program, all } = run(pass, text);
  assert.deepEqual(messages(all), [], text);
  assert.equal(body(program), expected, text);
}

function messages(all: readonly Diagnostic[]): string[] {
  return all.map(({ message }) => message);
}

function says(pass: Pass, text: string, expected: readonly string[]): void {
  assert.deepEqual(messages(run(pass, text).all), expected, text);
}

const TOO_BIG = 'unable to fold literals due to overflow or underflow';

test('literals are folded', () => {
  const cases: [string, string][] = [
    ['1 + 2 * 3', '7'],
    ['1 - 2', '-1'],
    ['0xffffffffffffffff', '0xffffffffffffffff'],
    ['~0', '18446744073709551615'],
    ['~(-1)', '0'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['-(-5)', '5'],
    ['!5', 'false'],
    ['-3 * -5', '15'],
    ['-7 / 2', '-3'],
    ['-7 % 4', '-3'],
    ['1 << 63', '9223372036854775808'],
    ['3 << 63', '9223372036854775808'],
    ['-8 >> 1', '-4'],
    ['-1 & 0xff', '255'],
    ['5 > 3 && "a" == "a"', 'true'],
    ['-1 < 1', 'true'],
    ['true + true', 'true'],
    ['"abc" + 1', '"bc"'],
    ['"abc" + "d"', '"abcd"'],
    ['"abc"[1]', '98'],
    ['"abc" < "abd"', 'true'],
    ['"" || true', 'true'],
    ['(1, "a") == (1, "a")', 'true'],
    ['(1, $x) == (2, $x)', 'false'],
    ['(1, $x) == (1, $x)', '(1, $x) == (1, $x)'],
    ['(a=1, b=2) != (b=2, a=1)', 'false'],
    ['(1, (2, 3)).1.0', '2'],
    ['(a=1, b=2).b', '2'],
    ['1 ? 2 : 3', '2'],
    ['$x ? 2 : 3', '$x ? 2 : 3'],
    ['2 > 1 ? $x : 3', 'true ? $x : 3'],
    ['0 ?: 7', '7'],
    ['5 ?: 7', '5'],
    ['str(15)', '"15"'],
    ['str("abcdef", 3)', '"abc"'],
    ['str($x)', 'str($x)'],
    ['comptime (1 + 1)', '2'],
    ['{ 1 + 1 }', '2'],
    ['$x + 1 + 2', '$x + 1 + 2'],
  ];
  for (const [text, expected] of cases) {
    becomes(foldLiterals, `BEGIN { @ = ${text}; }`, `@ = ${expected};`);
  }
});

test('conditions known when compiling choose their branch', () => {
  becomes(foldLiterals, 'BEGIN { if comptime (1 > 2) { print(1); } print(2); }', 'print(2);');
  becomes(foldLiterals, 'BEGIN { if comptime (2 > 1) { print(1); } else { print(2); } }', 'print(1);');
  becomes(foldLiterals, 'BEGIN { if (0) { print(1); } }', 'if (false) { print(1); }');
  becomes(foldLiterals, 'BEGIN { for ($i : 0..5) { 1 } while (1) { 2 } }', 'for ($i : 0..5) { 1; } while (1) { 2; }');
});

test('literals that do not fit are refused', () => {
  for (const text of ['1 / 0', '1 % 0', '1 << 64', '0xffffffffffffffff + 1', '-9223372036854775808 - 1', '1 >> -1']) {
    says(foldLiterals, `BEGIN { @ = ${text}; }`, [TOO_BIG]);
  }
  says(foldLiterals, 'BEGIN { @ = -9223372036854775809; }', ['negative value will underflow']);
  says(foldLiterals, 'BEGIN { @ = "a" * "b"; }', ['illegal literal operation with strings']);
  says(foldLiterals, 'BEGIN { @ = "abc" + 3; }', ['literal string will always be empty']);
});

test('macros are expanded where they are called', () => {
  const cases: [string, string][] = [
    ['macro one() { 1 } BEGIN { print(one); print(one()); }', 'print({ 1 }); print({ 1 });'],
    ['macro inc($x) { $x += 1; $x } BEGIN { inc($y); }', '{ $y += 1; $y };'],
    ['macro inc(x) { x + 1 } BEGIN { inc($y); }', '{ { $y } + 1 };'],
    ['macro put(@m, v) { @m[1] = v; } BEGIN { put(@a, 2 * 3); }', '{ @a[1] = 2 * 3; }'],
    ['macro m(x) { $t = x; $t } BEGIN { $t = 1; m($t + 1); }', '$t = 1; { $$m_$t = $t + 1; $$m_$t };'],
    ['macro m(x) { let $t = x; $t } BEGIN { m(1); }', '{ let $$m_$t = 1; $$m_$t };'],
    [
      'macro a(x) { $t = x; b($t) } macro b($x) { $t = $x; $t } BEGIN { a(1); }',
      '{ $$a_$t = 1; { $$b_2_$t = $$a_$t; $$b_2_$t } };',
    ],
    ['macro f($x) { 1 } macro f(@x) { 2 } macro f(x) { 3 } BEGIN { f($a); f(@a); f(1); }', '{ 1 } { 2 } { 3 };'],
    ['macro f(x) { 1 } macro f(x, y) { 2 } BEGIN { f(1); f(1, 2); }', '{ 1 } { 2 };'],
    ['macro int() { 1 } BEGIN { print(sizeof(int)); }', 'print(sizeof(int));'],
    ['macro size(x) { sizeof(x) } BEGIN { size($a + 1); }', '{ sizeof($a + 1) };'],
  ];
  for (const [text, expected] of cases) becomes(expandMacros, text, expected);
});

test('what is wrong in an expanded macro points there and at the call', () => {
  const { all } = run(expandMacros, 'macro m() { @x }\nBEGIN { m(); }');
  assert.equal(
    formatDiagnostics(all),
    'stdin:1:13-15: ERROR: Unhygienic access to map: @x. Maps must be passed into the macro as arguments.\n' +
      'macro m() { @x }\n            ~~\n' +
      'stdin:2:9-12: ERROR: expanded from\nBEGIN { m(); }\n        ~~~\n',
  );
});

test('calls that fit no macro say which is nearest', () => {
  says(expandMacros, 'macro m($x) { $x } BEGIN { m(1); }', [
    'Call to m() has arguments that do not match any definition.',
    'Mismatched arg. m() expects a variable for arg $x but got an expression.',
  ]);
  const { all } = run(expandMacros, 'macro m(x) { x } BEGIN { m(1, 2); }');
  assert.equal(
    all[0]?.related[0]?.message,
    'The closest definition of m() has a different number of arguments. Expected: 1 but got 2',
  );
});

test('macros that cannot be are refused', () => {
  says(expandMacros, 'macro m() { 1 } macro m() { 2 } BEGIN { }', ['Redefinition of macro: m']);
  says(expandMacros, 'macro m(x, x) { 1 } BEGIN { }', ['Ident for macro argument has already been used: x']);
  says(expandMacros, 'macro a() { b() } macro b() { a() } BEGIN { a(); }', [
    'Recursive macro call detected. Call chain: a > b > a',
  ]);
  says(expandMacros, 'macro m($x) { let $x; } BEGIN { m($y); }', ['Variable declaration shadows macro arg $x']);
});

test('constants of the preprocessor stand for their expressions', () => {
  becomes(expandCMacros, '#define A 1 + B\n#define B 2\nBEGIN { print(A * C); }', 'print((1 + 2) * C);');
  says(expandCMacros, '#define M M + 1\nBEGIN { print(M); }', ['Macro recursion: M']);
  says(expandCMacros, '#define M "a" "b"\nBEGIN { print(M); }', ['unable to expand macro as an expression: "a""b"']);
});

function filled(parameters: Partial<Parameters>): Pass {
  const all: Parameters = { positional: [], named: new Map(), ...parameters };
  return (program, diagnostics) => fillParameters(program, all, diagnostics).program;
}

test('arguments of the command line', () => {
  const pass = filled({ positional: ['5', 'abc', '-7'] });
  becomes(pass, 'BEGIN { print($1 + $3, $2, $#); }', 'print(5 + -7, "abc", 3);');
  becomes(pass, 'BEGIN { print(str($1), str($2 + 1), str($9)); }', 'print(str("5"), str("abc" + 1), str(""));');
  says(pass, 'BEGIN { print($4); }', ['Positional parameter $4 is empty or not provided. ']);
});

test('arguments in attach points', () => {
  const { program } = run(filled({ positional: ['a:b', 'c'] }), 'uprobe:$1:"$2",x=k:$2_d,:e { }');
  assert.deepEqual(
    program.probes[0]!.attachPoints.map(({ name, parts }) => [name, ...parts]),
    [
      [undefined, 'uprobe', 'a', 'b', '$2'],
      ['x', 'k', 'c_d'],
    ],
  );
  says(filled({}), 'uprobe:a:$x { }', [
    'invalid trailing character for positional param: x. Try quoting this entire part if this is intentional e.g. "$x".',
    'No attach points for probe',
  ]);
});

test('options of the script', () => {
  const script = 'BEGIN { print(getopt("n", 5), getopt("s", "x"), getopt("v"), getopt("d", -1)); }';
  becomes(filled({}), script, 'print((uint64)5, "x", false, (int64)-1);');
  const named = new Map([
    ['n', '0x10'],
    ['s', 'y'],
    ['v', undefined],
    ['d', '3'],
  ]);
  becomes(filled({ named }), script, 'print((uint64)0x10, "y", true, (int64)3);'.replace('0x10', '16'));
  says(filled({ named: new Map([['n', 'many']]) }), script, [
    'program command line option --n invalid integer (value: many)',
  ]);
  says(filled({ named: new Map([['q', '1']]) }), script, ['unexpected program command line options: --q']);
  says(filled({}), 'BEGIN { getopt(1); }', ["First argument to 'getopt' must be a string literal."]);
  says(filled({}), 'BEGIN { getopt("a", 1); getopt("a", 2); }', [
    "Command line option 'a' needs to have the same default value in all places it is used. Previous default value: 1",
  ]);
});

test('jumps need a place to go', () => {
  says(checkControlFlow, 'BEGIN { break; }', ["'break' statement is not allowed in a probe"]);
  says(checkControlFlow, 'fn f() : void { continue; }', ["'continue' statement is not allowed in a function"]);
  says(checkControlFlow, 'macro m() { return; }', ["'return' statement is not allowed in a macro"]);
  says(checkControlFlow, 'macro m() { for ($i : 0..1) { break; return; } }', [
    "'return' statement is not allowed in a for-loop",
  ]);
  says(checkControlFlow, 'BEGIN { unroll(2) { break; } }', ["'break' statement is not allowed in a probe"]);
  says(checkControlFlow, 'BEGIN { while (1) { if (1) { break; } continue; } for ($i : 0..2) { return; } }', []);
});

test('dead code is told once', () => {
  const dead = ['Unreachable statement.'];
  says(checkControlFlow, 'BEGIN { return; print(1); print(2); }', dead);
  says(checkControlFlow, 'BEGIN { exit(); print(1); }', dead);
  says(checkControlFlow, 'BEGIN { if (1) { return; } else { exit(); } print(1); }', dead);
  says(checkControlFlow, 'BEGIN { if (1) { return; } print(1); }', []);
  says(checkControlFlow, 'BEGIN { while (1) { continue; print(1); } print(2); }', dead);
  says(checkControlFlow, 'BEGIN { $x = { return; 1 }; }', ['Unreachable expression; block type is implicitly none.']);
});

test('functions do not recurse', () => {
  const script =
    'fn a($x : int64) : int64 { return b($x); } fn b($x : int64) : int64 { return a($x); } BEGIN { a(1); }';
  says(checkRecursion, script, ['Recursive function call detected. Call chain: a > b > a']);
  says(checkRecursion, 'fn a() : int64 { return 1; } fn b() : int64 { return a() + a(); }', []);
});

test('config and environment', () => {
  const config = (text: string, environment = {}) => {
    const diagnostics = new Diagnostics();
    const { settings, unstable } = applyConfig(parse({ name: 'stdin', text }).program, environment, diagnostics);
    return { settings, unstable, said: messages(diagnostics.all) };
  };
  const { settings, said } = config(
    'config = { BPFTRACE_MAX_STRLEN = 64; stack_mode = perf; license = "Dual BSD/GPL"; print_maps_on_exit = 0 }',
  );
  assert.deepEqual(said, []);
  assert.equal(settings.maxStrlen, 64);
  assert.equal(settings.stackMode, 'perf');
  assert.equal(settings.license, 'Dual BSD/GPL');
  assert.equal(settings.printMapsOnExit, false);
  assert.equal(config('config = { max_strlen = 1 }', { BPFTRACE_MAX_STRLEN: '2' }).settings.maxStrlen, 2);
  assert.equal(config('config = { unstable_typeinfo = warn }').unstable.unstable_typeinfo, 'warn');
  assert.deepEqual(config('config = { max_strlen = perf }').said, ['max_strlen: expecting a number, got perf']);
  assert.deepEqual(config('config = { BAD = 1 }').said, ['BAD: not a known configuration option']);
  assert.deepEqual(config('config = { btf = 1 }').said, ['btf: can only be set as an environment variable']);
  assert.deepEqual(config('config = { strlen = 9 }').said, ['strlen has been renamed, please use max_strlen']);
  assert.deepEqual(config('config = { symbol_source = "x" }').said, ['symbol_source is deprecated and has no effect']);
});

test('what is old or may change is said', () => {
  says(warnDeprecated, 'BEGIN { while (1) { } }', ['While loops are deprecated and may be removed in the future.']);
  const unstable =
    (mode: 'warn' | 'error'): Pass =>
    (program, diagnostics) =>
      warnUnstable(
        program,
        { unstable_import_statement: mode, unstable_tseries: mode, unstable_typeinfo: mode, unstable_dw_ustack: mode },
        diagnostics,
      );
  const script = 'BEGIN { @ = tseries(1, 1s, 2); @a = tseries(1, 1s, 2); }';
  assert.equal(run(unstable('warn'), script).all.length, 1);
  assert.equal(run(unstable('error'), script).all.length, 2);
});

const FILES: Record<string, string> = {
  'lib/a.bt': 'import "b.bt"; macro twice(x) { x * 2 } interval:s:1 { print("a"); }',
  'lib/b.bt': 'macro thrice(x) { x * 3 } interval:s:2 { print("b"); }',
  'lib/one.bt': '#define SIZE 1\n#define TWICE SIZE * 2\ninterval:s:1 { print(TWICE); }',
  'lib/ten.bt': '#define SIZE 10\ninterval:s:2 { print(SIZE); }',
  'lib/types.h': 'struct point { int x, y; };\n#define ORIGIN 0\n',
  'lib/bad.bt': 'config = { max_strlen = 1 } BEGIN { }',
  'lib/x.bpf.c': 'int f(void) { return 1; }',
};
const host: ImportOptions['host'] = {
  read: (path) => FILES[path],
  list: (path) => {
    const names = Object.keys(FILES).filter((name) => name.startsWith(`${path}/`));
    return names.length > 0 ? names.map((name) => name.slice(path.length + 1)) : undefined;
  },
  isWorldWritable: () => false,
};
const imports =
  (options: ImportOptions = {}): Pass =>
  (program, diagnostics) =>
    resolveImports(program, diagnostics, { host, importPaths: ['lib'], includePaths: ['lib'], ...options });

test('imports bring macros and probes', () => {
  const { program, all } = run(imports(), 'import "a.bt"; import "a.bt"; BEGIN { print(twice(1)); }');
  assert.deepEqual(messages(all), []);
  assert.deepEqual(
    program.macros.map(({ name }) => name),
    ['twice', 'thrice'],
  );
  assert.deepEqual(
    program.probes.map(({ attachPoints }) => attachPoints[0]!.raw),
    ['interval:s:2', 'interval:s:1', 'BEGIN'],
  );
});

test('imports and includes bring C types', () => {
  for (const text of [
    'import "types.h"; BEGIN { }',
    '#include "types.h"\nBEGIN { }',
    '#include <types.h>\nBEGIN { }',
  ]) {
    const { program, all } = run(imports(), text);
    assert.deepEqual(messages(all), []);
    assert.deepEqual(
      program.definitions.map(({ kind }) => kind),
      ['c-record', 'c-define'],
    );
  }
});

test('each imported script means its own macros', () => {
  const expand: Pass = (program, diagnostics) => expandCMacros(imports()(program, diagnostics) as Program, diagnostics);
  const text = 'import "one.bt"; import "ten.bt"; BEGIN { print(TWICE); }';
  const { program, all } = run(expand, text);
  assert.deepEqual(messages(all), []);
  const printed = program.probes.map(
    (probe) => /print\((.*)\)/.exec(printProgram({ ...program, probes: [probe] }))?.[1],
  );
  assert.deepEqual(printed, ['10', '1 * 2', '1 * 2']);
  says(expand, text.replace('TWICE', 'SIZE'), ['SIZE is defined differently in lib/ten.bt and lib/one.bt']);
});

test('imports that fail', () => {
  says(imports(), 'import "no.bt"; BEGIN { }', ['Unable to find suitable path for import']);
  says(imports(), 'import "bad.bt"; BEGIN { }', ['invalid `config` within import']);
  says(imports(), 'import "x.bpf.c"; BEGIN { }', ['importing compiled or C code is not supported: "lib/x.bpf.c"']);
  says(imports(), '#include <no/such.h>\nBEGIN { }', ["'no/such.h' file not found"]);
  says(imports(), '#include <linux/fs.h>\nBEGIN { }', []);
});

test('the standard library gives only the macros that are called', () => {
  const source: Source = { name: 'stdlib', text: 'macro a() { b() + 1 } macro b() { 2 } macro c() { 3 }' };
  const standard = new Map(['a', 'b', 'c'].map((name) => [name, source]));
  const pass: Pass = (program, diagnostics) =>
    expandMacros(imports({ standard })(program, diagnostics) as Program, diagnostics);
  becomes(pass, 'BEGIN { print(a); }', 'print({ { 2 } + 1 });');
  becomes(pass, 'macro b() { 9 } BEGIN { print(a, b); }', 'print({ { 2 } + 1 }, { 9 });');
  const { program } = run(imports({ standard }), 'BEGIN { a(); }');
  assert.deepEqual(
    program.macros.map(({ name }) => name),
    ['a', 'b'],
  );
});
