/** Memory: loads and stores, copies and zeroing by words or by one call, addresses. */
import { ALU, CLASS, MODE, OPCODE_CALL } from '../../../bpf/asm/opcodes.ts';
import { fitsInt32 } from '../../ir/evaluate.ts';
import type { Address, Operand, Size } from '../../ir/ir.ts';
import { LEA, SIZE_BITS } from '../machine.ts';
import { shiftExtend } from './arithmetic.ts';
import { helperId } from './calls.ts';
import type { MachineWriter, Place } from './writer.ts';

/** Up to here a copy or a zeroing is a row of loads and stores; above, one call of probe_read_kernel. */
const INLINE_BYTES = 256;

export function loadFrom(w: MachineWriter, dst: number, from: Place, size: Size, signed: boolean): void {
  const extends_ = signed && size !== 8;
  const mode = extends_ && w.isa === 'v4' ? MODE.memsx : MODE.mem;
  w.push({
    opcode: CLASS.ldx | mode | SIZE_BITS[size],
    dst,
    src: from.base,
    offset: from.offset,
    slot: from.slot,
  });
  if (extends_ && mode === MODE.mem) shiftExtend(w, dst, size as 1 | 2 | 4);
}

export function storeTo(w: MachineWriter, to: Place, size: Size, src: Operand): void {
  const at = { dst: to.base, offset: to.offset, slot: to.slot };
  if (src.kind === 'imm') {
    const value = size === 8 ? BigInt.asIntN(64, src.value) : BigInt.asIntN(32, src.value);
    if (fitsInt32(value)) {
      w.push({ opcode: CLASS.st | MODE.mem | SIZE_BITS[size], ...at, imm: Number(value) });
      return;
    }
  }
  w.push({ opcode: CLASS.stx | MODE.mem | SIZE_BITS[size], ...at, src: w.asRegister(src) });
}

export function selectCopy(w: MachineWriter, to: Address, from: Address, bytes: number): void {
  const target = w.place(to, bytes);
  const origin = w.place(from, bytes);
  if (bytes > INLINE_BYTES) {
    addressInto(w, 3, origin);
    addressInto(w, 1, target);
    return readKernel(w, bytes);
  }
  for (const [offset, size] of pieces(bytes, target, origin)) {
    const temp = w.temp();
    loadFrom(w, temp, { ...origin, offset: origin.offset + offset }, size, false);
    const store = CLASS.stx | MODE.mem | SIZE_BITS[size];
    w.push({ opcode: store, dst: target.base, slot: target.slot, offset: target.offset + offset, src: temp });
  }
}

export function selectZero(w: MachineWriter, at: Address, bytes: number): void {
  const target = w.place(at, bytes);
  if (bytes > INLINE_BYTES) {
    addressInto(w, 1, target);
    // A failing read zeroes its destination, and address 0 fails without a fault.
    w.constant(3, 0n);
    return readKernel(w, bytes);
  }
  for (const [offset, size] of pieces(bytes, target))
    storeTo(w, { ...target, offset: target.offset + offset }, size, { kind: 'imm', value: 0n });
}

/** probe_read_kernel(r1, bytes, r3). */
function readKernel(w: MachineWriter, bytes: number): void {
  w.constant(2, BigInt(bytes));
  w.push({ opcode: OPCODE_CALL, imm: helperId(w, 'probe_read_kernel'), args: 3 });
}

export function addressInto(w: MachineWriter, dst: number, place: Place): void {
  if (place.slot >= 0) {
    w.push({ opcode: LEA, dst, slot: place.slot, imm: place.offset });
    return;
  }
  w.move(dst, place.base);
  if (place.offset !== 0) w.push({ opcode: CLASS.alu64 | ALU.add, dst, imm: place.offset });
}

/** [offset, size] of the words that cover so many bytes of these places. */
function* pieces(bytes: number, ...places: readonly Place[]): Generator<[number, Size]> {
  // In the frame the verifier wants natural alignment; elsewhere any word may start anywhere.
  const starts = places.filter((place) => place.slot >= 0).map((place) => place.offset);
  for (let at = 0; at < bytes; ) {
    const fits = (size: number): boolean => at + size <= bytes && starts.every((start) => (start + at) % size === 0);
    const size = ([8, 4, 2, 1] as const).find(fits)!;
    yield [at, size];
    at += size;
  }
}
