/** Arithmetic and comparisons of eBPF on unsigned 64-bit values. */
import { ALU, JUMP } from '../../bpf/asm/opcodes.ts';

const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** `offset` 1 makes division signed; for mov it is the number of bits to sign-extend from. */
export function alu64(operation: number, a: bigint, b: bigint, offset: number): bigint {
  switch (operation) {
    case ALU.add:
      return u64(a + b);
    case ALU.sub:
      return u64(a - b);
    case ALU.mul:
      return u64(a * b);
    case ALU.div:
      if (b === 0n) return 0n;
      return offset === 1 ? u64(s64(a) / s64(b)) : a / b;
    case ALU.mod:
      if (b === 0n) return a;
      return offset === 1 ? u64(s64(a) % s64(b)) : a % b;
    case ALU.or:
      return a | b;
    case ALU.and:
      return a & b;
    case ALU.xor:
      return a ^ b;
    case ALU.lsh:
      return u64(a << (b & 63n));
    case ALU.rsh:
      return a >> (b & 63n);
    case ALU.arsh:
      return u64(s64(a) >> (b & 63n));
    case ALU.neg:
      return u64(-a);
    case ALU.mov:
      return offset === 0 ? b : u64(BigInt.asIntN(offset, b));
    default:
      throw new RangeError(`no ALU operation 0x${operation.toString(16)}`);
  }
}

/** The operands are cut to 32 bits, the result is zero-extended. */
export function alu32(operation: number, a: bigint, b: bigint, offset: number): bigint {
  const low = (value: bigint): bigint => BigInt.asUintN(32, value);
  const signed = (value: bigint): bigint => BigInt.asIntN(32, value);
  switch (operation) {
    case ALU.lsh:
      return low(low(a) << (b & 31n));
    case ALU.rsh:
      return low(a) >> (b & 31n);
    case ALU.arsh:
      return low(signed(a) >> (b & 31n));
    case ALU.div:
    case ALU.mod:
      return offset === 1
        ? low(alu64(operation, u64(signed(a)), u64(signed(b)), 1))
        : low(alu64(operation, low(a), low(b), 0));
    default:
      return low(alu64(operation, low(a), low(b), offset));
  }
}

export function byteswap(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let i = 0; i < bits; i += 8) result = (result << 8n) | ((value >> BigInt(i)) & 0xffn);
  return result;
}

export function compare(operation: number, a: bigint, b: bigint, width: 32 | 64): boolean {
  const unsigned = (value: bigint): bigint => BigInt.asUintN(width, value);
  const signed = (value: bigint): bigint => BigInt.asIntN(width, value);
  switch (operation) {
    case JUMP.eq:
      return unsigned(a) === unsigned(b);
    case JUMP.ne:
      return unsigned(a) !== unsigned(b);
    case JUMP.gt:
      return unsigned(a) > unsigned(b);
    case JUMP.ge:
      return unsigned(a) >= unsigned(b);
    case JUMP.lt:
      return unsigned(a) < unsigned(b);
    case JUMP.le:
      return unsigned(a) <= unsigned(b);
    case JUMP.set:
      return (unsigned(a) & unsigned(b)) !== 0n;
    case JUMP.sgt:
      return signed(a) > signed(b);
    case JUMP.sge:
      return signed(a) >= signed(b);
    case JUMP.slt:
      return signed(a) < signed(b);
    case JUMP.sle:
      return signed(a) <= signed(b);
    default:
      throw new RangeError(`no comparison 0x${operation.toString(16)}`);
  }
}
