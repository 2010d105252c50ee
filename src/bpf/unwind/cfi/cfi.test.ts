import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Elf } from '../../elf/index.ts';
import { evaluate } from './expression.ts';
import { KIND_BITS, ROW, type Rows } from './rows.ts';
import { RULE } from './rules.ts';
import { UnwindTable } from './table.ts';

const missing = (tool: string) => (spawnSync(tool, ['--version']).status === 0 ? false : `no ${tool} is installed`);
const directory = mkdtempSync(join(tmpdir(), 'pebble-cfi-'));
after(() => rmSync(directory, { recursive: true }));

const NAMES = {
  x86_64: 'rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 ra'.split(' '),
  arm64: [...Array.from({ length: 31 }, (_, i) => `x${i}`), 'sp', 'pc'],
};

function load(path: string) {
  const elf = Elf.open(path);
  try {
    return { table: new UnwindTable(elf), names: NAMES[elf.header.machine as 'x86_64' | 'arm64'] };
  } finally {
    elf.close();
  }
}

const plus = (value: number): string => (value < 0 ? `${value}` : `+${value}`);

function ruleText(kind: number, value: number, names: readonly string[]): string {
  if (kind === RULE.same) return 's';
  if (kind === RULE.undefined) return 'u';
  if (kind === RULE.saved) return `c${plus(value)}`;
  if (kind === RULE.offset) return `v${plus(value)}`;
  if (kind === RULE.register) return names[value]!;
  return kind === RULE.expression ? 'vexp' : 'exp';
}

/** As readelf prints it, without the columns that say nothing. */
function rowText({ words }: Rows, row: number, names: readonly string[]): string {
  const cfa = words[row]! < 0 ? 'exp' : `${names[words[row]!]}${plus(words[row + ROW.cfaValue]!)}`;
  const columns = [`ra=${ruleText(words[row + ROW.returnKind]!, words[row + ROW.returnValue]!, names)}`];
  for (let i = 0; i < words[row + ROW.count]!; i++) {
    const at = row + ROW.registers + 2 * i;
    const kind = words[at]! & ((1 << KIND_BITS) - 1);
    columns.push(`${names[words[at]! >> KIND_BITS]}=${ruleText(kind, words[at + 1]!, names)}`);
  }
  return `${cfa} ${columns
    .filter((column) => !/=[us]$/.test(column))
    .sort()
    .join(' ')}`;
}

interface Expected {
  readonly address: number;
  readonly start: number;
  readonly text: string;
}

/** Every row of every function that has rows of its own, from `readelf --debug-dump=frames-interp`. */
function readelfRows(path: string): Expected[] {
  // Its status is 1 where a separate debug file is missing.
  const { stdout: text } = spawnSync('readelf', ['--debug-dump=frames-interp', path], {
    maxBuffer: 1 << 30,
    encoding: 'utf8',
  });
  const rows: Expected[] = [];
  let columns: string[] = [];
  let start: number | undefined;
  for (const line of text.split('\n')) {
    const function_ = / FDE .*pc=([0-9a-f]+)\.\./.exec(line);
    if (function_) start = Number.parseInt(function_[1]!, 16);
    else if (line.includes(' CIE ')) start = undefined;
    else if (line.includes('   LOC ')) columns = line.trim().split(/ +/).slice(2);
    else if (start !== undefined && /^[0-9a-f]{16} /.test(line)) {
      // Another register is written "r1 (rdx)".
      const [address, cfa, ...values] = line
        .replaceAll(/ r\d+ \((\w+)\)/g, ' $1')
        .trim()
        .split(/ +/);
      const said = columns.map((name, i) => `${name}=${values[i]}`).filter((column) => !/=[us]$/.test(column));
      rows.push({ address: Number.parseInt(address!, 16), start, text: `${cfa} ${said.sort().join(' ')}` });
    }
  }
  return rows;
}

/** Of several rows for one address the last holds. */
function compare(path: string): number {
  const { table, names } = load(path);
  const rows = readelfRows(path).filter((row, i, all) => all[i + 1]?.address !== row.address);
  for (const { address, start, text } of rows) {
    const row = table.find(address);
    assert.equal(row === 0 ? 'nothing' : rowText(table.rows, row, names), text, `${path} at 0x${address.toString(16)}`);
    assert.equal(table.start, start, `${path} at 0x${address.toString(16)}`);
  }
  return rows.length;
}

const REAL = [
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/lib64/ld-linux-x86-64.so.2',
  '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
  '/usr/lib/postgresql/15/bin/postgres',
].filter((path) => existsSync(path));

for (const path of REAL) {
  test(`rows are those of readelf: ${path}`, { skip: missing('readelf') }, () => {
    assert.ok(compare(path) > 500);
  });
}

const FUNCTIONS = `
int callee(int *);
static __attribute__((noinline)) int leaf(int x) { return x * 3; }
int middle(int x) { int kept[7]; kept[x & 3] = leaf(x); return callee(kept) + kept[x & 2]; }
int _start(int x) { return middle(x) + leaf(x); }
int callee(int *p) { __asm__ volatile("" ::: "memory"); return *p; }
`;

function compile(...options: string[]): string {
  const [source, program] = [join(directory, 'functions.c'), join(directory, `functions${options.join('')}`)];
  writeFileSync(source, FUNCTIONS);
  execFileSync('cc', ['-O2', '-nostdlib', '-static', ...options, '-o', program, source]);
  return program;
}

function compileForArm64(): string {
  const [source, object] = [join(directory, 'functions.c'), join(directory, 'arm64.o')];
  const program = join(directory, 'arm64');
  writeFileSync(source, FUNCTIONS);
  const options = ['--target=aarch64-linux-gnu', '-O2', '-mbranch-protection=standard', '-fasynchronous-unwind-tables'];
  execFileSync('clang-14', [...options, '-c', '-o', object, source]);
  execFileSync('aarch64-linux-gnu-ld', ['--eh-frame-hdr', '-o', program, object]);
  return program;
}

test('rows are those of readelf: arm64', { skip: missing('clang-14') || missing('aarch64-linux-gnu-ld') }, () => {
  assert.ok(compare(compileForArm64()) > 4);
});

test('without .eh_frame_hdr the section is indexed', { skip: missing('cc') }, () => {
  assert.ok(compare(compile('-Wl,--no-eh-frame-hdr')) > 4);
});

test('.debug_frame is of use where there is no .eh_frame', { skip: missing('cc') }, () => {
  const debugOnly = ['-g', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables', '-fno-exceptions'];
  assert.ok(compare(compile(...debugOnly)) > 4);
});

test('what no function covers has no row', () => {
  const { table } = load(process.execPath);
  assert.equal(table.find(1), 0);
  assert.equal(table.start, 0);
});

test('expressions', () => {
  const scope = { register: (n: number) => (n === 7 ? 0x7000 : Number.NaN), read: (at: number) => at + 0x1_0000_0000 };
  const value = (...bytes: number[]) => evaluate(Uint8Array.from(bytes), scope);
  // The PLT's: breg7 8; breg16 0; lit15; and; lit11; ge; lit3; shl; plus
  const plt = [0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
  const inStub = (ip: number) =>
    evaluate(Uint8Array.from(plt), { ...scope, register: (n) => (n === 16 ? ip : 0x7000) });
  assert.deepEqual([inStub(0x100a), inStub(0x100b)], [0x7008, 0x7010]);
  // breg7 -16; deref
  assert.equal(value(0x77, 0x70, 0x06), 0x1_0000_6ff0);
  // The same, only four bytes of it.
  assert.equal(value(0x77, 0x70, 0x94, 4), 0x6ff0);
  // lit1; lit2; swap; minus · lit1; lit2; lit3; rot; drop; minus
  assert.equal(value(0x31, 0x32, 0x16, 0x1c), 1);
  assert.equal(value(0x31, 0x32, 0x33, 0x17, 0x13, 0x1c), 2);
  // const1s -1; lit1; shra; lit0; eq; bra +1; lit9 …
  assert.equal(value(0x09, 0xff, 0x31, 0x26, 0x1f), 1);
  assert.equal(value(0x31, 0x28, 1, 0, 0x39, 0x35), 5);
  assert.equal(value(0x0e, 1, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x1e, 0x23, 0x80, 1), 129);
  for (const senseless of [[], [0x22], [0x70, 0], [0x2f, 0xfd, 0xff], [0x2f, 9, 0], [0xe0], [0x03], [0x31, 0x15, 7]]) {
    assert.ok(Number.isNaN(value(...senseless)), senseless.join());
  }
});
