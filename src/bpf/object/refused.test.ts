/** What is no object for us is refused with a reason; damaged objects never make anything but an error. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PebbleError } from '../../base/errors.ts';
import { Btf } from '../btf/index.ts';
import { BTF_STEPS, simplifyBtf } from '../btf/simplify.ts';
import { smallKernel } from '../testing/object-kernel.ts';
import { BpfObject } from './index.ts';

const clang = ['clang', 'clang-14'].find((name) => spawnSync(name, ['--version']).status === 0);
const skip = clang === undefined ? 'clang is not installed' : false;
const directory = mkdtempSync(join(tmpdir(), 'pebble-object-'));
after(() => rmSync(directory, { recursive: true }));

/** What libbpf's headers define, so that this test needs none. */
const PRELUDE = `
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define CORE __attribute__((preserve_access_index))
typedef unsigned int u32; typedef unsigned long long u64;
static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*bpf_loop)(u32 n, void *fn, void *ctx, u64 flags) = (void *)181;
char LICENSE[] SEC("license") = "GPL";
`;

const EVERYTHING = `
struct inner { __uint(type, 2); __uint(max_entries, 2); __type(key, u32); __type(value, u64); } one SEC(".maps");
struct { __uint(type, 12); __uint(max_entries, 2); __type(key, u32); __array(values, struct inner); }
  outer SEC(".maps") = { .values = { [1] = &one } };
struct point { int x, y; char name[8]; union { u32 a; struct { short b, c; }; }; u32 low : 3, high : 9; };
struct { __uint(type, 1); __uint(max_entries, 8); __type(key, struct point); __type(value, u64); } points SEC(".maps");
struct task_struct { int pid; struct task_struct *parent; int array[4]; u32 flag : 1; } CORE;
enum bpf_kind { FIRST, SECOND };
extern int LINUX_KERNEL_VERSION SEC(".kconfig");
extern int CONFIG_NOTHING SEC(".kconfig") __attribute__((weak));
extern const void some_symbol SEC(".ksyms");
const volatile int limit = 3; int counter = 4; u64 zero; static int hidden;
static __attribute__((noinline)) long each(u32 i, void *ctx) { hidden += i; return 0; }
__attribute__((noinline)) int global(int x) { return x * counter + hidden; }
SEC("raw_tp/sys_enter") int program(struct task_struct *t) {
  u32 key = 1; u64 *value = lookup(&one, &key);
  struct point p = {}; u64 *other = lookup(&points, &p);
  counter += t->parent->array[2] + limit + LINUX_KERNEL_VERSION + CONFIG_NOTHING;
  zero += __builtin_preserve_field_info(t->flag, 4) + __builtin_preserve_type_info(*(struct task_struct *)0, 1);
  zero += __builtin_preserve_enum_value(*(typeof(enum bpf_kind) *)SECOND, 1);
  zero += (u64)&some_symbol + (value ? *value : 0) + (other ? *other : 0);
  bpf_loop(4, each, 0, 0);
  return global(counter);
}
`;

function compile(source: string, flags: readonly string[] = []): Buffer {
  const [c, o] = [join(directory, 'x.c'), join(directory, 'x.o')];
  writeFileSync(c, PRELUDE + source);
  execFileSync(clang!, ['-target', 'bpf', '-O2', '-g', '-w', ...flags, '-c', c, '-o', o]);
  return readFileSync(o);
}

test('an object becomes a collection without a kernel', { skip }, () => {
  const object = BpfObject.parse(compile(EVERYTHING));
  object.set('limit', 9);
  const spec = object.spec(smallKernel());
  assert.deepEqual(
    spec.maps.map(({ name, type, slots }) => [name, type, ...(slots ?? [])]),
    [
      ['one', 'array'],
      ['outer', 'array_of_maps', [1, 'one']],
      ['points', 'hash'],
      ['.rodata', 'array'],
      ['.data', 'array'],
      ['.bss', 'array'],
      ['.kconfig', 'array'],
    ].sort((a, b) => order(spec.maps, a[0] as string) - order(spec.maps, b[0] as string)),
  );
  const rodata = spec.maps.find(({ name }) => name === '.rodata')!;
  assert.equal(Buffer.from(rodata.initial!).readInt32LE(), 9);
  const kconfig = spec.maps.find(({ name }) => name === '.kconfig')!;
  assert.ok([0, 4].some((at) => Buffer.from(kconfig.initial!).readUInt32LE(at) === 0x060c22));
  const [program] = spec.programs;
  assert.deepEqual(program!.functions.map(({ name }) => name).sort(), ['each', 'global', 'program']);
  const immediates = program!.functions[0]!.insns.map(({ imm }) => BigInt(imm));
  assert.ok(immediates.includes(77n) && immediates.includes(0xffffffff81000000n));
  assert.ok(program!.functions.every(({ type }) => type !== undefined));
});

function order(maps: readonly { readonly name: string }[], name: string): number {
  return maps.findIndex((map) => map.name === name);
}

test('BTF for older kernels keeps its ids', { skip }, () => {
  const { btf } = BpfObject.parse(compile(EVERYTHING)).spec(smallKernel());
  const whole = Btf.parse(btf!);
  for (const step of BTF_STEPS) {
    const simpler = Btf.parse(simplifyBtf(btf!, step)!);
    assert.equal(simpler.endId, whole.endId);
    for (const kind of step) assert.deepEqual(simpler.ids(kind), []);
  }
});

const REFUSED: readonly [what: string, source: string, code: string, message: RegExp, flags?: readonly string[]][] = [
  ['big-endian objects', 'int x;', 'format', /little-endian/, ['-target', 'bpfeb']],
  ['objects for other machines', 'int x;', 'format', /not for BPF/, ['-target', 'x86_64-linux-gnu']],
  ['maps of the old kind', 'struct { int type, key; } m SEC("maps") = { 1 };', 'unsupported', /libbpf before 1\.0/],
  ['maps without types', 'struct { __uint(type, 1); } m SEC(".maps");', 'format', /compile with -g/, ['-g0']],
  [
    'maps with members that mean nothing',
    'struct { __uint(type, 1); __uint(sise, 1); } m SEC(".maps");',
    'format',
    /sise/,
  ],
  ['maps of unknown types', 'struct { __uint(type, 999); } m SEC(".maps");', 'format', /type 999/],
];

for (const [what, source, code, message, flags] of REFUSED) {
  test(`refused: ${what}`, { skip }, () => {
    assert.throws(() => BpfObject.parse(compile(source, flags)), { code, message });
  });
}

const UNFIT: readonly [what: string, source: string, message: RegExp][] = [
  ['a hook that the section does not name', 'SEC("fentry") int f(void *ctx) { return 0; }', /does not say which hook/],
  ['struct_ops', 'SEC("struct_ops/init") int init(void *ctx) { return 0; }', /struct_ops/],
  ['sections of no known kind', 'SEC("foo/bar") int foo(void *ctx) { return 0; }', /"foo\/bar"/],
  [
    'an option that is off',
    'extern int CONFIG_X SEC(".kconfig"); SEC("syscall") int f(void *c) { return CONFIG_X; }',
    /without it/,
  ],
  [
    'an unknown extern',
    'extern int LINUX_NO SEC(".kconfig"); SEC("syscall") int f(void *c) { return LINUX_NO; }',
    /only CONFIG_/,
  ],
  [
    'a missing symbol',
    'extern const void nope SEC(".ksyms"); SEC("syscall") int f(void *c) { return (u64)&nope; }',
    /no such symbol/,
  ],
  [
    'a missing function',
    'extern int nope(int) SEC(".ksyms"); SEC("syscall") int f(void *c) { return nope(1); }',
    /no function/,
  ],
];

for (const [what, source, message] of UNFIT) {
  test(`does not fit this kernel: ${what}`, { skip }, () => {
    const object = BpfObject.parse(compile(source));
    assert.throws(() => object.spec(smallKernel()), { code: 'unsupported', message });
  });
}

/** FUZZ_ROUNDS for long runs: 1,000,000 take about an hour. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 3000);

test('mutated objects give a collection or an error of ours', { skip }, () => {
  const original = compile(EVERYTHING);
  const plain = smallKernel();
  let seed = Number(process.env.FUZZ_SEED ?? 7);
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((seed / 0x80000000) * below);
  };
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const copy = mutate(original, random);
    const first = seed;
    try {
      BpfObject.parse(copy).spec(plain);
      accepted++;
    } catch (error) {
      assert.ok(
        error instanceof PebbleError && error.code !== 'internal',
        `round ${round}, seed ${first}: ${(error as Error).stack}`,
      );
    }
  }
  assert.ok(accepted > 0 && accepted < ROUNDS, `${accepted} of ${ROUNDS} accepted`);
});

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff];

function mutate(original: Buffer, random: (below: number) => number): Buffer {
  const copy = Buffer.from(original);
  for (let i = random(6); i >= 0; i--) {
    const at = random(copy.length - 8);
    switch (random(5)) {
      case 0:
        copy[at] = random(256);
        break;
      case 1:
        copy[at] = INTERESTING[random(INTERESTING.length)]!;
        break;
      case 2:
        copy.writeUInt32LE(random(2 ** 32) >>> 0, at & ~3);
        break;
      case 3:
        copy.copyWithin(at, random(copy.length), random(copy.length));
        break;
      case 4:
        copy[at] = copy[at]! ^ (1 << random(8));
    }
  }
  return random(10) === 0 ? copy.subarray(0, random(copy.length)) : copy;
}
