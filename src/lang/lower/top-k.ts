/**
 * `let @m = topk(n)`: counters of the largest keys in a table that never fills up.
 *
 * Each CPU has rows of WAYS slots; a key's hash chooses the row. A key that finds no slot there takes the smallest one, with
 * its count as its own first value, which is remembered as how much too high it may be ("space saving", Metwally et al. 2005).
 */
import { type RecordShape, record, type Shape, sizeOf, u64 } from '../../base/record.ts';
import { type Address, address, type FunctionBuilder, imm, type Reg } from '../ir/index.ts';
import type { Lowering } from './lowering.ts';
import { pointerOf } from './memory.ts';
import { offsetBy } from './value.ts';

const WAYS = 8;
/** Keys are chosen from so many slots each: what is left out then is far from the top. */
const SLOTS_A_KEY = 4;
const LEAST_ROWS = 16;

/** How a top-k map lies in the kernel: an array of rows for each CPU. */
export interface TopLayout {
  readonly most: number;
  readonly rows: number;
  readonly ways: number;
  readonly slot: RecordShape<{ value: typeof u64; hash: typeof u64; over: typeof u64; key: Shape }>;
}

export function topLayout(most: number, key: Shape): TopLayout {
  const rows = 2 ** Math.ceil(Math.log2(Math.max(LEAST_ROWS, (most * SLOTS_A_KEY) / WAYS)));
  return { most, rows, ways: WAYS, slot: record('slot', { value: u64, hash: u64, over: u64, key }) };
}

/** Pointer to the value under the key, which takes the smallest slot of its row where it has none; null never in practice. */
export function claimSlot(map: string, layout: TopLayout, key: Address, l: Lowering): Reg {
  const { b } = l;
  const hash = hashOf(key, sizeOf(layout.slot.fields.key), l);
  const index = l.bytes('row', 4, { align: 4 });
  b.store(index, 4, b.binary('and', b.binary('ushr', hash, imm(32)), imm(layout.rows - 1)));
  const row = b.helper('map_lookup_elem', [b.map(map), pointerOf(index, l)]);
  const slot = b.mov(imm(0));
  b.when('ne', row, imm(0), () => {
    const at = b.mov(imm(0));
    const done = b.block();
    findHash(row, hash, layout, at, done, l);
    takeSmallest(row, hash, key, layout, at, l);
    b.jump(done);
    b.enter(done);
    const last = layout.slot.size * (layout.ways - 1);
    // The verifier wants to see the bound just before the access.
    b.when('ule', at, imm(last), () => b.add(row, at, slot));
  });
  return slot;
}

type Done = ReturnType<FunctionBuilder['block']>;

/** Jumps to `done` with the place of the slot that has the hash: two keys of one hash of 64 bits are not expected. */
function findHash(row: Reg, hash: Reg, { ways, slot }: TopLayout, at: Reg, done: Done, l: Lowering): void {
  for (let way = 0; way < ways; way++) {
    const place = way * slot.size;
    const [same, other] = [l.b.block(), l.b.block()];
    l.b.branch('eq', l.b.load(address(row, place + slot.offsets.hash), 8), hash, same, other);
    l.b.enter(same);
    l.b.mov(imm(place), at);
    l.b.jump(done);
    l.b.enter(other);
  }
}

function takeSmallest(row: Reg, hash: Reg, key: Address, { ways, slot }: TopLayout, at: Reg, l: Lowering): void {
  const { b } = l;
  const { value, hash: hashAt, over, key: keyAt } = slot.offsets;
  const least = b.load(address(row, value), 8);
  for (let way = 1; way < ways; way++) {
    const place = way * slot.size;
    const held = b.load(address(row, place + value), 8);
    b.when('ult', held, least, () => {
      b.mov(held, least);
      b.mov(imm(place), at);
    });
  }
  b.when('ule', at, imm(slot.size * (ways - 1)), () => {
    const taken = address(b.add(row, at));
    b.store(offsetBy(taken, hashAt), 8, hash);
    b.store(offsetBy(taken, over), 8, least);
    b.copy(offsetBy(taken, keyAt), key, sizeOf(slot.fields.key));
  });
}

const PRIME = 0x9e3779b97f4a7c15n;

/** Every bit of every word reaches the upper half; never 0, which is an empty slot. */
function hashOf(key: Address, size: number, l: Lowering): Reg {
  const { b } = l;
  const hash = b.mov(imm(BigInt.asIntN(64, PRIME)));
  for (let at = 0; at < size; ) {
    const bytes = ([8, 4, 2, 1] as const).find((width) => at + width <= size)!;
    b.binary('xor', hash, b.load(offsetBy(key, at), bytes), 64, hash);
    b.binary('mul', hash, imm(BigInt.asIntN(64, PRIME)), 64, hash);
    b.binary('xor', hash, b.binary('ushr', hash, imm(29)), 64, hash);
    at += bytes;
  }
  return b.binary('or', hash, imm(1), 64, hash);
}
