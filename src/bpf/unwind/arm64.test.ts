/** arm64 stacks, made by hand: a process of any machine maps an arm64 program, which is then looked up there. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Elf } from '../elf/index.ts';
import { readMaps } from '../symbols/index.ts';
import { machineOf } from './machine.ts';
import { Unwinder } from './unwinder.ts';

const missing = ['clang-14', 'aarch64-linux-gnu-ld', 'python3'].filter(
  (tool) => spawnSync(tool, ['--version']).status !== 0,
);
const skip = missing.length > 0 ? `not installed: ${missing}` : false;
const directory = mkdtempSync(join(tmpdir(), 'pebble-arm64-'));

const PROGRAM = `
.text
.globl _start, after_outer, outer, after_leaf, leaf, bare
_start: .cfi_startproc
  .cfi_undefined x30
  bl outer
after_outer: nop
  .cfi_endproc
outer: .cfi_startproc
  stp x29, x30, [sp, #-32]!
  .cfi_def_cfa_offset 32
  .cfi_offset x29, -32
  .cfi_offset x30, -24
  mov x29, sp
  bl leaf
after_leaf: ldp x29, x30, [sp], #32
  .cfi_def_cfa_offset 0
  .cfi_restore x29
  .cfi_restore x30
  ret
  .cfi_endproc
leaf: .cfi_startproc
  add x0, x0, #1
  ret
  .cfi_endproc
  .balign 256
bare: add x0, x0, #2
  ret
`;
const MAPPER = `
import mmap, sys
f = open(sys.argv[1], 'rb')
m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_EXEC)
print('mapped', flush=True)
sys.stdin.read()
`;

const machine = machineOf('arm64');
const STACK = 0x7ffc_0000_1000;
/** What pointer authentication leaves in the upper bits of a signed address. */
const SIGNATURE = 0x2a_c3n << 48n;
/** Registers and 4 KiB of stack. */
const view = new DataView(new ArrayBuffer(machine.registersBytes + 4096));
let child: ChildProcess;
let addressOf: (symbol: string) => number;

before(async () => {
  if (skip) return;
  const [source, object, program] = ['program.s', 'program.o', 'program'].map((name) => join(directory, name));
  writeFileSync(source!, PROGRAM);
  execFileSync('clang-14', ['--target=aarch64-linux-gnu', '-c', '-o', object!, source!]);
  execFileSync('aarch64-linux-gnu-ld', ['--eh-frame-hdr', '-o', program!, object!]);
  child = spawn('python3', ['-c', MAPPER, program!], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  const elf = Elf.open(program!);
  const start = readMaps(child.pid!).find(({ path }) => path === program)!.start;
  addressOf = (symbol) => start + elf.fileOffset(elf.symbolTables()[0]!.find(symbol)!.address)!;
});
after(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

function begin(registers: Readonly<Record<string, number | bigint>>): void {
  new Uint8Array(view.buffer).fill(0);
  const places: Readonly<Record<string, number>> = {
    x29: machine.places[29]!,
    x30: machine.places[30]!,
    sp: machine.places[31]!,
    pc: machine.programCounterPlace,
  };
  for (const [name, value] of Object.entries(registers)) view.setBigUint64(places[name]!, BigInt(value), true);
}

function push(offset: number, ...words: readonly (number | bigint)[]): void {
  for (const [i, word] of words.entries())
    view.setBigUint64(machine.registersBytes + offset + 8 * i, BigInt(word), true);
}

function walk(): { reason: string; addresses: number[]; guessed: number } {
  const unwinder = new Unwinder('arm64');
  const reason = unwinder.unwind(child.pid!, view, 0, machine.registersBytes, 4096);
  return { reason, addresses: [...unwinder.addresses.subarray(0, unwinder.count)], guessed: unwinder.guessed };
}

const signed = (symbol: string): bigint => BigInt(addressOf(symbol)) | SIGNATURE;

test('a leaf returns to its register, signatures are stripped, the first function is known', { skip }, () => {
  begin({ sp: STACK, pc: addressOf('leaf'), x30: signed('after_leaf') });
  push(0, 0, signed('after_outer'));
  const addresses = ['leaf', 'after_leaf', 'after_outer'].map(addressOf);
  assert.deepEqual(walk(), { reason: 'root', addresses, guessed: 0 });
});

test('a function without a table is stepped over, and that is a guess', { skip }, () => {
  begin({ sp: STACK, pc: addressOf('bare'), x30: addressOf('after_leaf') });
  push(0, 0, addressOf('after_outer'));
  const addresses = ['bare', 'after_leaf', 'after_outer'].map(addressOf);
  assert.deepEqual(walk(), { reason: 'root', addresses, guessed: 1 });
});

test('a loop of return addresses ends', { skip }, () => {
  begin({ sp: STACK, pc: addressOf('outer'), x30: addressOf('after_leaf') });
  for (let at = 0; at < 4096; at += 32) push(at, STACK, addressOf('after_leaf'));
  const { reason, addresses } = walk();
  assert.equal(reason, 'truncated');
  assert.equal(addresses.length, 127);
});

test('from the kernel’s signal frame to the interrupted instruction', { skip }, () => {
  const vdso = readMaps(child.pid!).find(({ path }) => path === '[vdso]')!;
  // No function of the vdso: as the return of signals has none there.
  const trampoline = vdso.start + 1;
  begin({ sp: STACK, pc: addressOf('leaf'), x30: trampoline });
  const [interruptedStack, registers] = [STACK + 1024, 312];
  push(registers + 8 * 30, addressOf('after_leaf'), interruptedStack, addressOf('leaf'));
  push(1024, 0, addressOf('after_outer'));
  const expected = [addressOf('leaf'), trampoline, ...['leaf', 'after_leaf', 'after_outer'].map(addressOf)];
  assert.deepEqual(walk(), { reason: 'root', addresses: expected, guessed: 0 });
});
