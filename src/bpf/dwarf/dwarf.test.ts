/** Debug information in every form that compilers write it in, against addr2line and what the source says. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PebbleError } from '../../base/errors.ts';
import { Elf } from '../elf/index.ts';
import { type Dwarf, openDwarf, peel, type StructType, typeText } from './index.ts';

const has = (command: string) => spawnSync(command, ['--version']).status === 0;
const skip = has('gcc') && has('addr2line') && has('objcopy') ? false : 'gcc, addr2line or objcopy is not installed';
const directory = mkdtempSync(join(tmpdir(), 'pebble-dwarf-'));
after(() => rmSync(directory, { recursive: true }));

/** The comments name lines for the tests. */
const SOURCE = `
#include <stdbool.h>
struct Node { struct Node *next; int value; unsigned low : 3; unsigned high : 5; };
union Word { long whole; short parts[4]; };
enum Color { RED = 1, GREEN = -5 };
typedef struct { char name[16]; double matrix[2][3]; enum Color color; } Record;
typedef int (*Compare)(const void *, const void *, ...);
struct Opaque;
volatile int sum;
static inline __attribute__((always_inline)) int twice(int x) {
  sum += x; /* in twice */
  return 2 * x;
}
static inline __attribute__((always_inline)) int thrice(int y) {
  return y + twice(y); /* calls twice */
}
int walk(const struct Node *first, union Word word, Record *records, Compare compare) {
  for (; first; first = first->next) sum += first->value;
  return sum + (int)word.whole + records->color + (compare != 0);
}
bool none(void) { return false; }
int many(unsigned char small, struct Opaque *opaque, ...) { return small + (opaque != 0); }
int main(int argc, char **argv) {
  struct Node last = { 0, argc, 1, 2 };
  Record record = { .color = RED };
  union Word word = { argc };
  int all = thrice(argc); /* calls thrice */
  return all + walk(&last, word, &record, 0) + none() + many(1, 0, argv);
}
`;
writeFileSync(join(directory, 'program.c'), SOURCE);

const lineOf = (mark: string): number => SOURCE.slice(0, SOURCE.indexOf(mark)).split('\n').length;

function build(name: string, ...flags: string[]): string {
  const path = join(directory, name);
  execFileSync('gcc', ['-g', ...flags, '-o', path, join(directory, 'program.c')], { cwd: directory });
  return path;
}

function symbolOf(path: string, symbol: string): { readonly address: number; readonly size: number } {
  const elf = Elf.open(path);
  try {
    return elf.symbolTables()[0]!.find(symbol)!;
  } finally {
    elf.close();
  }
}

const addressOf = (path: string, symbol: string) => symbolOf(path, symbol).address;

function withDwarf(path: string, body: (dwarf: Dwarf) => void): void {
  const dwarf = openDwarf(path);
  assert.ok(dwarf, 'debug information');
  try {
    body(dwarf);
  } finally {
    dwarf.close();
  }
}

const FORMS: Readonly<Record<string, readonly string[]>> = {
  'version 5': ['-gdwarf-5'],
  'version 4': ['-gdwarf-4'],
  'version 3': ['-gdwarf-3', '-gstrict-dwarf'],
  'version 2': ['-gdwarf-2', '-gstrict-dwarf'],
  '64-bit offsets': ['-gdwarf64'],
  'types in units of their own': ['-fdebug-types-section'],
  'compressed sections': ['-gz'],
  'split off': ['-gsplit-dwarf'],
  'split off, version 4': ['-gsplit-dwarf', '-gdwarf-4'],
  'not position-independent': ['-no-pie'],
};
for (const [form, flags] of Object.entries(FORMS)) {
  test(`functions and types: ${form}`, { skip }, () => {
    const path = build(form.replaceAll(/\W/g, '-'), ...flags);
    withDwarf(path, (dwarf) => checkProgram(dwarf, path));
  });
}

function checkProgram(dwarf: Dwarf, path: string): void {
  const signature = (name: string) => {
    const fn = dwarf.functionAt(addressOf(path, name));
    assert.ok(fn, name);
    const parameters = fn.parameters.map(({ name, type }) => `${name}: ${typeText(type)}`);
    return `${fn.name}(${[...parameters, ...(fn.variadic ? ['...'] : [])].join(', ')}): ${typeText(fn.returns)}`;
  };
  assert.equal(
    signature('walk'),
    'walk(first: const struct Node*, word: union Word, records: Record*, compare: Compare): int',
  );
  assert.equal(signature('main'), 'main(argc: int, argv: char**): int');
  assert.match(signature('none'), /^none\(\): (_Bool|bool)$/);
  assert.equal(signature('many'), 'many(small: unsigned char, opaque: struct Opaque*, ...): int');
  checkTypes(dwarf);
}

function checkTypes(dwarf: Dwarf): void {
  const members = (type: StructType) =>
    type.members().map(({ name, type, offsetBits, bitSize }) => `${name} ${typeText(type)} ${offsetBits} ${bitSize}`);
  const node = dwarf.findType('struct', 'Node') as StructType;
  assert.equal(node.size, 16);
  assert.deepEqual(members(node), [
    'next struct Node* 0 0',
    'value int 64 0',
    'low unsigned int 96 3',
    'high unsigned int 99 5',
  ]);
  const record = peel(dwarf.findType('name', 'Record')!) as StructType;
  assert.deepEqual(members(record), ['name char[16] 0 0', 'matrix double[2][3] 128 0', 'color enum Color 512 0']);
  const color = dwarf.findType('enum', 'Color');
  assert.ok(color?.kind === 'enum');
  assert.deepEqual([color.size, color.signed], [4, true]);
  assert.deepEqual(color.values(), [
    { name: 'RED', value: 1n },
    { name: 'GREEN', value: -5n },
  ]);
  assert.deepEqual(members(dwarf.findType('union', 'Word') as StructType), [
    'whole long int 0 0',
    'parts short int[4] 0 0',
  ]);
  assert.equal(dwarf.findType('struct', 'Nothing'), undefined);
}

test('frames of inlined calls are what addr2line prints, at every instruction of main', { skip }, () => {
  for (const flags of [['-O0'], ['-O2'], ['-O2', '-gdwarf-4']]) {
    const path = build('inlined', ...flags);
    const { address, size } = symbolOf(path, 'main');
    const addresses = Array.from({ length: size }, (_, i) => address + i);
    const expected = addr2line(path, addresses);
    withDwarf(path, (dwarf) => {
      const frames = addresses.map((address) =>
        dwarf.framesAt(address).map((frame) => `${frame.function} ${frame.at?.file}:${frame.at?.line}`),
      );
      assert.deepEqual(frames, expected, flags.join(' '));
    });
    assert.ok(
      expected.some((list) => list.length === 3),
      'twice in thrice in main',
    );
  }
});

/** The frames of each address. */
function addr2line(path: string, addresses: readonly number[]): string[][] {
  const output = execFileSync('addr2line', [
    '-a',
    '-f',
    '-i',
    '-e',
    path,
    ...addresses.map((at) => `0x${at.toString(16)}`),
  ]);
  return output
    .toString()
    .split(/^0x[0-9a-f]+\n/m)
    .slice(1)
    .map((block) => [...block.matchAll(/(.*)\n(.*?)(?: \(.*\))?\n/g)].map(([, name, place]) => `${name} ${place}`));
}

test('the code of a source line is where addr2line says that it is', { skip }, () => {
  const path = build('lines', '-O0');
  withDwarf(path, (dwarf) => {
    for (const mark of ['/* in twice', '/* calls twice', 'return false', '/* calls thrice']) {
      const line = lineOf(mark);
      const { files, addresses, nearest } = dwarf.addressesOf('program.c', line);
      assert.deepEqual([files, nearest], [[join(directory, 'program.c')], []]);
      assert.ok(addresses.length > 0, mark);
      for (const [frame] of addr2line(path, addresses))
        assert.ok(frame!.endsWith(`program.c:${line}`), `${mark}: ${frame}`);
    }
    const gap = dwarf.addressesOf('program.c', lineOf('typedef struct'));
    assert.deepEqual([gap.addresses, gap.nearest], [[], [lineOf('/* in twice')]]);
    assert.deepEqual(dwarf.addressesOf('rogram.c', 12).files, []);
  });
});

test('a separate file is found by build id, by link and in folders that were named', { skip }, () => {
  const path = build('whole');
  const stripped = join(directory, 'stripped');
  execFileSync('objcopy', ['--only-keep-debug', path, join(directory, 'stripped.debug')]);
  execFileSync('objcopy', ['--strip-debug', path, stripped]);
  withDwarf(stripped, (dwarf) => checkProgram(dwarf, path));
  execFileSync('mkdir', [join(directory, 'elsewhere')]);
  execFileSync('mv', [join(directory, 'stripped.debug'), join(directory, 'elsewhere')]);
  assert.equal(openDwarf(stripped), undefined);
  for (const folder of [join(directory, 'elsewhere'), 'elsewhere']) {
    const dwarf = openDwarf(stripped, { directories: [folder] });
    assert.ok(dwarf, folder);
    dwarf.close();
  }
});

test('a program without debug information has none', { skip }, () => {
  const path = join(directory, 'bare');
  execFileSync('gcc', ['-o', path, join(directory, 'program.c')]);
  assert.equal(openDwarf(path), undefined);
});

test('damaged debug information fails as a format error, or is read as something else; it never hangs', {
  skip,
}, () => {
  const path = build('damaged', '-O1');
  const bytes = readFileSync(path);
  const { offset, size } = Elf.parse(bytes).section('.debug_info')!;
  const hurt = join(directory, 'hurt');
  const symbols = Object.fromEntries(['walk', 'main', 'many'].map((name) => [name, addressOf(path, name)]));
  let random = 1;
  let refused = 0;
  for (let round = 0; round < 100; round++) {
    const copy = Buffer.from(bytes);
    for (let i = 0; i < 8; i++) {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      copy[offset + ((random >>> 8) % size)] = random >>> 24;
    }
    writeFileSync(hurt, copy, { mode: 0o755 });
    try {
      useEverything(hurt, symbols);
    } catch (error) {
      assert.ok(error instanceof PebbleError && error.code === 'format', String((error as Error).stack));
      refused++;
    }
  }
  assert.ok(refused > 0);
});

function useEverything(path: string, symbols: Readonly<Record<string, number>>): void {
  const dwarf = openDwarf(path);
  try {
    for (const address of Object.values(symbols)) {
      for (const { type } of dwarf?.functionAt(address)?.parameters ?? []) typeText(type);
      dwarf?.framesAt(address + 10);
    }
    dwarf?.addressesOf('program.c', 12);
    const node = dwarf?.findType('struct', 'Node');
    if (node?.kind === 'struct') for (const { type } of node.members()) typeText(type);
  } finally {
    dwarf?.close();
  }
}
