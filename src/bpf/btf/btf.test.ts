import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Btf } from './btf.ts';
import { BtfBuilder } from './builder.ts';
import { cDefinition } from './c.ts';
import { alignOf, findField, resolve, sizeOf } from './layout.ts';
import { formatValue } from './value.ts';

function sample(): Buffer {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4, { signed: true });
  builder.typedef('word', int);
  builder.struct('pair', 8, (self) => [
    { name: 'a', type: int, offsetBits: 0, bitSize: 0 },
    { name: 'self', type: builder.array(builder.ptr(self), 1), offsetBits: 32, bitSize: 0 },
  ]);
  return builder.build();
}

test('damaged headers are told apart', () => {
  const damaged = (change: (bytes: Buffer) => void) => {
    const bytes = sample();
    change(bytes);
    return () => Btf.parse(bytes, { name: 'sample' });
  };
  assert.throws(
    damaged((bytes) => bytes.writeUInt16LE(1, 0)),
    { code: 'format', message: /^reading sample: this is not BTF/ },
  );
  assert.throws(
    damaged((bytes) => bytes.writeUInt16LE(0x9feb, 0)),
    /big-endian/,
  );
  assert.throws(
    damaged((bytes) => bytes.writeUInt8(9, 2)),
    /version 9/,
  );
  assert.throws(
    damaged((bytes) => bytes.writeUInt32LE(0xfffffffc, 12)),
    /bytes wanted/,
  );
  assert.throws(
    damaged((bytes) => bytes.writeUInt32LE(31 << 24, 28)),
    /type 1 is of unknown kind 31/,
  );
  assert.throws(
    damaged((bytes) => bytes.writeUInt32LE((4 << 24) | 0xffff, 28)),
    /type 1 runs past the end/,
  );
  assert.throws(() => Btf.parse(Buffer.alloc(3)), { code: 'format' });
});

test('a badly aligned buffer is read all the same', () => {
  const bytes = Buffer.concat([Buffer.alloc(1), sample()]).subarray(1);
  assert.equal(Btf.parse(bytes).find('word'), 2);
});

test('a type that refers to itself is an error, not a hang', () => {
  const builder = new BtfBuilder();
  const int = builder.int('int', 4);
  builder.typedef('loop', int + 1);
  builder.array(int + 2, 2);
  const btf = Btf.parse(builder.build());
  assert.throws(() => resolve(btf, int + 1), /refers to itself/);
});

test('types out of range are an error', () => {
  const btf = Btf.parse(sample(), { name: 'sample' });
  assert.throws(() => btf.type(99), { code: 'format', message: 'reading sample: there is no type 99 (the last is 6)' });
});

test('mutated bytes give an answer or a format error, never a hang', () => {
  const original = sample();
  const decode = (btf: Btf, id: number) => formatValue(btf, id, Buffer.alloc(64));
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(original);
    for (let i = 0; i <= random(4); i++) bytes[random(bytes.length)] = random(256);
    for (const use of [sizeOf, alignOf, cDefinition, decode, (btf: Btf, id: number) => findField(btf, id, 'a')]) {
      try {
        const btf = Btf.parse(bytes.subarray(0, bytes.length - (round % 3)));
        for (let id = 0; id < btf.endId; id++) use(btf, id);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'format', String(error));
      }
    }
  }
});
