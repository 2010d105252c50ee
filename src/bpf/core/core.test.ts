/** Decisions and patches of relocations that compilers seldom write, against BTF made for the test. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disassemble, load, loadImm64, storeImm } from '../asm/index.ts';
import { BtfBuilder } from '../btf/builder.ts';
import type { CoreKind } from '../btf/ext.ts';
import { Btf } from '../btf/index.ts';
import { Relocator } from './index.ts';
import { essentialName } from './names.ts';

const member = (name: string, type: number, offsetBits: number, bitSize = 0) => ({ name, type, offsetBits, bitSize });

/** BTF that `define` fills; ids by the names that it gives. */
function btfOf(define: (builder: BtfBuilder) => void): Btf {
  const builder = new BtfBuilder();
  define(builder);
  return Btf.parse(builder.build());
}

const local = btfOf((b) => {
  const [int, u64] = [b.int('int', 4, { signed: true }), b.int('unsigned long', 8)];
  const pointer = b.ptr(b.struct('node', 8, (self) => [member('next', b.ptr(self), 0)]));
  b.struct('s', 24, [member('a', int, 0), member('wide', u64, 64), member('link', pointer, 128)]);
  b.struct('s___old', 4, [member('a', int, 0)]);
  b.struct('t', 8, [member('a', int, 0), member('gone', int, 32)]);
  b.enum('e', 4, [{ name: 'ONE', value: 1n }]);
});

const kernel = btfOf((b) => {
  const [int, u32] = [b.int('int', 4, { signed: true }), b.int('unsigned int', 4)];
  const anonymous = b.struct('', 8, [member('wide', u32, 0), member('a', int, 32)]);
  b.struct('s', 32, [member('before', b.array(int, 4), 0), member('', anonymous, 128), member('link', b.ptr(0), 192)]);
  b.struct('t', 8, [member('a', int, 32)]);
  b.struct('t', 16, [member('a', int, 64)]);
  b.enum('e', 4, [
    { name: 'ZERO', value: 0n },
    { name: 'ONE', value: 11n },
  ]);
});

const relocator = () => new Relocator(local, { kernel, modules: () => [] });
const relocation = (type: string, kind: CoreKind, access: string) => ({
  slot: 0,
  kind,
  access,
  type: local.find(type, type === 'e' ? 'enum' : 'struct')!,
});
const valueAt = (type: string, kind: CoreKind, access: string) =>
  relocator().decide(relocation(type, kind, access)).value?.value;

test('members are found by name, also in anonymous structs', () => {
  assert.equal(valueAt('s', 'field_byte_offset', '0:0'), 20n);
  assert.equal(valueAt('s', 'field_byte_offset', '0:1'), 16n);
  assert.equal(valueAt('s', 'field_byte_size', '0:1'), 4n);
  assert.equal(valueAt('s', 'field_byte_offset', '2:2'), 2n * 32n + 24n);
  assert.equal(valueAt('s___old', 'field_byte_offset', '0:0'), 20n);
  assert.equal(valueAt('e', 'enumval_value', '0'), 11n);
});

test('types that match have all that the local one has', () => {
  assert.equal(valueAt('s', 'type_exists', '0'), 1n);
  // `wide` is shorter there.
  assert.equal(valueAt('s', 'type_matches', '0'), 0n);
  assert.equal(valueAt('e', 'type_matches', '0'), 1n);
});

test('several types of one name must agree', () => {
  assert.throws(() => relocator().decide(relocation('t', 'field_byte_offset', '0:0')), { code: 'unsupported' });
});

test('a load takes the size that the kernel has; what has none is poisoned', () => {
  const patched = (access: string, insn: ReturnType<typeof load>, kind: CoreKind = 'field_byte_offset') =>
    relocator().apply(relocation('s', kind, access), insn);
  assert.match(disassemble([...patched('0:1', load('u64', 1, 2, 8))]), /r1 = \*\(u32 \*\)\(r2 \+16\)/);
  assert.match(disassemble([...patched('0:2', load('u64', 1, 2, 16))]), /r1 = \*\(u64 \*\)\(r2 \+24\)/);
  assert.match(disassemble([...patched('0:1', storeImm('u64', 1, 8, 5))]), /\*\(u32 \*\)\(r1 \+16\) = 5/);
  assert.throws(() => patched('0:1', load('u64', 1, 2, 0)), { code: 'format' });
  assert.throws(() => patched('0:7', load('u64', 1, 2, 0)), { code: 'format' });
  const [first, second] = relocator().apply(relocation('t', 'field_byte_offset', '0:1'), loadImm64(1, 4));
  assert.equal(first?.poison, 'struct t of this kernel has no member gone of a compatible type');
  assert.equal(second?.poison, first?.poison);
});

test('flavours', () => {
  const names = { task_struct___old: 'task_struct', a___b___c: 'a___b', ___x: '___x', a____b: 'a____b', a__b: 'a__b' };
  for (const [name, essential] of Object.entries(names)) assert.equal(essentialName(name), essential, name);
});
