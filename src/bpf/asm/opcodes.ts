/** The parts that eBPF opcodes are made of (linux/bpf.h, linux/bpf_common.h). */

/** Low three bits of every opcode. */
export const CLASS = { ld: 0, ldx: 1, st: 2, stx: 3, alu32: 4, jmp: 5, jmp32: 6, alu64: 7 } as const;

/**
 * Loads and stores:       ALU and jumps:
 *   7..5  4..3  2..0        7..4  3       2..0
 *   mode  size  class       op    source  class
 */
export const MODE = { imm: 0x00, abs: 0x20, ind: 0x40, mem: 0x60, memsx: 0x80, atomic: 0xc0 } as const;
export const SIZE = { u32: 0x00, u16: 0x08, u8: 0x10, u64: 0x18 } as const;
export type Size = keyof typeof SIZE;
export const SIZE_BYTES: Record<Size, number> = { u8: 1, u16: 2, u32: 4, u64: 8 };

/** Second operand: the immediate, or a register. */
export const SOURCE_IMM = 0x00;
export const SOURCE_REG = 0x08;

export const ALU = {
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  neg: 0x80,
  mod: 0x90,
  xor: 0xa0,
  mov: 0xb0,
  arsh: 0xc0,
  end: 0xd0,
} as const;
export type AluOp = keyof typeof ALU;

export const JUMP = {
  ja: 0x00,
  eq: 0x10,
  gt: 0x20,
  ge: 0x30,
  set: 0x40,
  ne: 0x50,
  sgt: 0x60,
  sge: 0x70,
  call: 0x80,
  exit: 0x90,
  lt: 0xa0,
  le: 0xb0,
  slt: 0xc0,
  sle: 0xd0,
  may: 0xe0,
} as const;
/** What a conditional jump compares. */
export type JumpOp = Exclude<keyof typeof JUMP, 'ja' | 'call' | 'exit' | 'may'>;

/** An atomic instruction's operation, in its immediate. */
export const ATOMIC = {
  add: 0x00,
  or: 0x40,
  and: 0x50,
  xor: 0xa0,
  fetchAdd: 0x01,
  fetchOr: 0x41,
  fetchAnd: 0x51,
  fetchXor: 0xa1,
  xchg: 0xe1,
  cmpxchg: 0xf1,
  loadAcquire: 0x100,
  storeRelease: 0x110,
} as const;
export type AtomicOp = keyof typeof ATOMIC;

/** What the source register of an ld_imm64 says about its immediate (BPF_PSEUDO_*). */
export const PSEUDO = {
  mapFd: 1,
  mapValue: 2,
  btfId: 3,
  func: 4,
} as const;
/** The same for a call. */
export const PSEUDO_CALL = { helper: 0, function: 1, kfunc: 2 } as const;

export const OPCODE_LD_IMM64 = CLASS.ld | MODE.imm | SIZE.u64;
export const OPCODE_CALL = CLASS.jmp | JUMP.call;
export const OPCODE_EXIT = CLASS.jmp | JUMP.exit;
export const OPCODE_JA = CLASS.jmp | JUMP.ja;

/** Bytes of one slot, `struct bpf_insn`. */
export const INSN_SIZE = 8;
