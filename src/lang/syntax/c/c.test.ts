import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Diagnostics, formatDiagnostics, type Source } from '../../diagnostics/index.ts';
import type { CDefinition } from '../ast.ts';
import { parse, print } from '../index.ts';
import { type COptions, readDefinitions } from './index.ts';

function read(text: string, options: COptions = {}): string {
  const { program } = parse({ name: 'stdin', text });
  const diagnostics = new Diagnostics();
  const { definitions } = readDefinitions(program.cSources, diagnostics, options);
  assert.equal(formatDiagnostics(diagnostics.all), '');
  return definitions.map((definition: CDefinition) => print(definition)).join('\n');
}

test('declarators wrap their type', () => {
  assert.equal(
    read('struct s { char *names[2], **p; int (*call)(int, void *); int (*grid)[3]; long unsigned int flex[]; };'),
    `struct s {
  char *names[2];
  char **p;
  void (*call)();
  int (*grid)[3];
  unsigned long flex[];
}`,
  );
});

test('bitfields, anonymous members and attributes', () => {
  assert.equal(
    read(
      'struct s { unsigned a : 3, : 0, b : 1 + 1; union { int i; struct { short x, y; }; }; ' +
        'char c __attribute__((aligned(8))); } __attribute__((__packed__, aligned(sizeof(long))));',
    ),
    `struct s {
  unsigned int a : 3;
  unsigned int : 0;
  unsigned int b : 2;
  union {
    int i;
    struct {
      short x;
      short y;
    };
  };
  char c __attribute__((aligned(8)));
} __attribute__((packed, aligned(8)))`,
  );
});

test('nested definitions with a name are definitions too', () => {
  const text = read('struct outer { struct inner { int x; } *in; enum mode { OFF, ON = 4, NEXT } mode; };');
  assert.match(text, /^struct inner \{\n {2}int x;\n\}\nenum mode \{\n {2}OFF = 0,\n {2}ON = 4,\n {2}NEXT = 5,\n\}/);
});

test('macros are expanded in types and kept as definitions', () => {
  assert.equal(
    read('#define SIZE(n) ((n) * UNIT)\n#define UNIT 4\n#define NAME "a" "b"\nstruct s { char a[SIZE(3)]; };'),
    'struct s {\n  char a[12];\n}\n#define SIZE(n) ((n)*UNIT)\n#define UNIT 4\n#define NAME "a""b"',
  );
});

test('conditions choose lines', () => {
  const text =
    '#if defined(A) && A > 2\nstruct a { int x; };\n#elif B\nstruct b { int x; };\n#else\nstruct c { int x; };\n#endif\n';
  assert.match(read(text, { defines: { A: '3' } }), /^struct a /);
  assert.match(read(text, { defines: { A: '1', B: '1' } }), /^struct b /);
  assert.match(read(text), /^struct c /);
});

const HEADERS: Record<string, string> = {
  'types.h':
    '#pragma once\ntypedef unsigned int u32;\nextern int printf(const char *, ...);\nstatic inline int f(void) { return 1; }\n#define LIMIT 7\n',
  'all.h':
    '#ifndef ALL\n#define ALL\n#include "types.h"\nstruct item { u32 id; };\nstruct gone { __typeof__(1) x; };\n#endif\n',
};
const reader = (path: string): Source | undefined =>
  HEADERS[path] === undefined ? undefined : { name: path, text: HEADERS[path] };

test('headers are read once, and skipped where they are not understood', () => {
  assert.equal(
    read('#include "all.h"\n#include "all.h"\n#include "types.h"\nstruct own { u32 n[LIMIT]; };', { read: reader }),
    'typedef unsigned int u32\nstruct item {\n  u32 id;\n}\nstruct own {\n  u32 n[7];\n}\n#define ALL\n#define LIMIT 7',
  );
});

test('headers that are missing are told', () => {
  const { program } = parse({ name: 'stdin', text: '#include <no/such.h>\n' });
  const { missing } = readDefinitions(program.cSources, new Diagnostics(), { read: reader });
  assert.deepEqual(
    missing.map(({ path, system }) => ({ path, system })),
    [{ path: 'no/such.h', system: true }],
  );
});

test('two members of one name are refused, also where one shows through', () => {
  const said = (text: string): string => {
    const diagnostics = new Diagnostics();
    readDefinitions(parse({ name: 'stdin', text }).program.cSources, diagnostics, {});
    return formatDiagnostics(diagnostics.all);
  };
  assert.match(said('struct s { int a; int pad; struct { int pad; } b; long pad; };'), /duplicate member 'pad'/);
  assert.match(said('struct s { int a; union { int b; long a; }; };'), /duplicate member 'a'/);
  assert.equal(said('struct s { int a; union { struct { int b; }; long c; }; struct { int a; } d; };'), '');
});
