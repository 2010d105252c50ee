import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Btf } from './btf.ts';
import { type BtfExt, parseBtfExt } from './ext.ts';

const clang = ['clang', 'clang-14'].find((name) => spawnSync(name, ['--version']).status === 0);
const skip =
  clang === undefined || spawnSync('llvm-objcopy', ['--version']).status !== 0 ? 'no clang with llvm-objcopy' : false;
const directory = mkdtempSync(join(tmpdir(), 'pebble-btf-'));
after(() => rmSync(directory, { recursive: true }));

const SOURCE = `
struct inner { int skipped; int wanted; } __attribute__((preserve_access_index));
struct task { long first; struct inner in[2]; int pid; } __attribute__((preserve_access_index));
__attribute__((section("raw_tp/one"))) int one(struct task *task) {
  return task->pid +
    task->in[1].wanted;
}
__attribute__((section("raw_tp/two"))) int two(struct task *task) {
  return __builtin_preserve_field_info(task->pid, 2);
}
`;

/** What clang writes for SOURCE: the contents of .BTF and .BTF.ext. */
function compile(): { btf: Buffer; ext: Buffer } {
  const object = join(directory, 'x.o');
  const source = join(directory, 'x.c');
  writeFileSync(source, SOURCE);
  execFileSync(clang!, ['-target', 'bpf', '-g', '-O2', '-c', '-o', object, source]);
  const section = (name: string) => {
    const out = join(directory, name);
    execFileSync('llvm-objcopy', [`--dump-section=${name}=${out}`, object]);
    return readFileSync(out);
  };
  return { btf: section('.BTF'), ext: section('.BTF.ext') };
}

test('functions, lines and relocations of an object come by section', { skip }, () => {
  const { btf: bytes, ext: extBytes } = compile();
  const btf = Btf.parse(bytes);
  const ext = parseBtfExt(extBytes, btf);
  assert.deepEqual([...ext.functions.keys()], ['raw_tp/one', 'raw_tp/two']);
  assert.deepEqual(
    [...ext.functions.values()].flat().map(({ slot, type }) => [slot, btf.nameOf(type)]),
    [
      [0, 'one'],
      [0, 'two'],
    ],
  );
  const lines = ext.lines.get('raw_tp/one')!.map(({ line, text }) => [line, btf.text(text).trim()]);
  assert.deepEqual(lines[0], [5, 'return task->pid +']);
  assert.ok(lines.some(([line, text]) => line === 6 && text === 'task->in[1].wanted;'));
  const relocations = (section: string) =>
    ext.relocations.get(section)?.map(({ type, access, kind }) => [btf.nameOf(type), access, kind]);
  assert.deepEqual(relocations('raw_tp/one'), [
    ['task', '0:2', 'field_byte_offset'],
    ['task', '0:1:1:1', 'field_byte_offset'],
  ]);
  assert.deepEqual(relocations('raw_tp/two'), [['task', '0:2', 'field_exists']]);
});

test('mutated records give an answer or a format error', { skip }, () => {
  const { btf: bytes, ext: original } = compile();
  const btf = Btf.parse(bytes);
  let seed = 5;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  const seen = new Set<BtfExt | string>();
  for (let round = 0; round < 3000; round++) {
    const copy = Buffer.from(original);
    for (let i = 0; i <= random(4); i++) copy[random(copy.length)] = random(256);
    try {
      seen.add(parseBtfExt(copy.subarray(0, copy.length - random(3)), btf));
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'format', String(error));
    }
  }
  assert.ok(seen.size > 0);
});
