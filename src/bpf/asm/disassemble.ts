/** Instructions as text, in the words of the kernel's verifier log (kernel/bpf/disasm.c). */

import { slotsOf } from './encode.ts';
import { helperById } from './helpers.ts';
import type { Instruction, Reference } from './instruction.ts';
import { ALU, ATOMIC, CLASS, JUMP, MODE, OPCODE_LD_IMM64, PSEUDO_CALL, SIZE, SOURCE_REG } from './opcodes.ts';

const ALU_SIGNS: Record<number, string> = {
  [ALU.add]: '+=',
  [ALU.sub]: '-=',
  [ALU.mul]: '*=',
  [ALU.div]: '/=',
  [ALU.or]: '|=',
  [ALU.and]: '&=',
  [ALU.lsh]: '<<=',
  [ALU.rsh]: '>>=',
  [ALU.mod]: '%=',
  [ALU.xor]: '^=',
  [ALU.mov]: '=',
  [ALU.arsh]: 's>>=',
};

const JUMP_SIGNS: Record<number, string> = {
  [JUMP.eq]: '==',
  [JUMP.gt]: '>',
  [JUMP.ge]: '>=',
  [JUMP.set]: '&',
  [JUMP.ne]: '!=',
  [JUMP.sgt]: 's>',
  [JUMP.sge]: 's>=',
  [JUMP.lt]: '<',
  [JUMP.le]: '<=',
  [JUMP.slt]: 's<',
  [JUMP.sle]: 's<=',
};

const SIZE_NAMES: Record<number, string> = { [SIZE.u8]: '8', [SIZE.u16]: '16', [SIZE.u32]: '32', [SIZE.u64]: '64' };

/** Every instruction on a line with its slot number. */
export function disassemble(insns: readonly Instruction[]): string {
  let slot = 0;
  let text = '';
  for (const insn of insns) {
    text += `${slot}: ${insnText(insn)}\n`;
    slot += slotsOf(insn);
  }
  return text;
}

export function insnText(insn: Instruction): string {
  switch (insn.opcode & 7) {
    case CLASS.alu64:
      return aluText(insn, 'r');
    case CLASS.alu32:
      return aluText(insn, 'w');
    case CLASS.jmp:
      return jumpText(insn, 'r');
    case CLASS.jmp32:
      return jumpText(insn, 'w');
    case CLASS.ldx:
      return `r${insn.dst} = *${typeOf(insn)}(r${insn.src} ${signed(insn.offset)})`;
    case CLASS.st:
      return `*${typeOf(insn)}(r${insn.dst} ${signed(insn.offset)}) = ${insn.imm}`;
    case CLASS.stx:
      return (insn.opcode & 0xe0) === MODE.atomic
        ? atomicText(insn)
        : `*${typeOf(insn)}(r${insn.dst} ${signed(insn.offset)}) = r${insn.src}`;
    default:
      return loadText(insn);
  }
}

function aluText({ opcode, dst, src, offset, imm }: Instruction, bank: 'r' | 'w'): string {
  const op = opcode & 0xf0;
  const fromRegister = (opcode & SOURCE_REG) !== 0;
  if (op === ALU.neg) return `${bank}${dst} = -${bank}${dst}`;
  if (op === ALU.end) {
    const order = bank === 'r' ? 'bswap' : fromRegister ? 'be' : 'le';
    return `r${dst} = ${order}${imm} r${dst}`;
  }
  const sign = ALU_SIGNS[op];
  if (sign === undefined) return unknown(opcode);
  if (!fromRegister) return `${bank}${dst} ${offset === 1 && op !== ALU.mov ? 's' : ''}${sign} ${imm}`;
  if (op === ALU.mov && offset !== 0) return `${bank}${dst} = (s${offset})${bank}${src}`;
  return `${bank}${dst} ${offset === 1 ? 's' : ''}${sign} ${bank}${src}`;
}

function jumpText(insn: Instruction, bank: 'r' | 'w'): string {
  const { opcode, dst, src, offset, imm } = insn;
  const op = opcode & 0xf0;
  const target = `goto pc${signed(offset)}`;
  if (op === JUMP.call) return callText(insn);
  if (op === JUMP.exit) return 'exit';
  if (op === JUMP.ja) return bank === 'r' ? target : `gotol pc${signed(Number(imm))}`;
  if (op === JUMP.may) return `may_${target}`;
  const sign = JUMP_SIGNS[op];
  if (sign === undefined) return unknown(opcode);
  const right = (opcode & SOURCE_REG) !== 0 ? `${bank}${src}` : hex(imm, 32);
  return `if ${bank}${dst} ${sign} ${right} ${target}`;
}

function callText({ src, imm, ref }: Instruction): string {
  if (ref !== undefined) return `call ${referenceText(ref)}`;
  if (src === PSEUDO_CALL.function) return `call pc${signed(Number(imm))}`;
  if (src === PSEUDO_CALL.kfunc) return 'call kernel-function';
  return `call bpf_${helperById(Number(imm))?.name ?? 'unknown'}#${imm}`;
}

function loadText(insn: Instruction): string {
  const { opcode, dst, src, imm, ref } = insn;
  if (opcode === OPCODE_LD_IMM64) return `r${dst} = ${ref === undefined ? hex(imm, 64) : referenceText(ref)}`;
  if ((opcode & 0xe0) === MODE.abs) return `r0 = *${typeOf(insn)}skb[${imm}]`;
  if ((opcode & 0xe0) === MODE.ind) return `r0 = *${typeOf(insn)}skb[r${src} + ${imm}]`;
  return unknown(opcode);
}

function atomicText({ opcode, dst, src, offset, imm }: Instruction): string {
  const bits = SIZE_NAMES[opcode & 0x18]!;
  const place = `(u${bits} *)(r${dst} ${signed(offset)})`;
  const wide = bits === '64' ? '64' : '';
  const operation = Number(imm);
  if (operation === ATOMIC.loadAcquire) return `r${dst} = load_acquire((u${bits} *)(r${src} ${signed(offset)}))`;
  if (operation === ATOMIC.storeRelease) return `store_release(${place}, r${src})`;
  if (operation === ATOMIC.cmpxchg) return `r0 = atomic${wide}_cmpxchg(${place}, r0, r${src})`;
  if (operation === ATOMIC.xchg) return `r${src} = atomic${wide}_xchg(${place}, r${src})`;
  const name = Object.entries(ATOMIC).find(([, value]) => value === (operation & ~1))?.[0];
  if (name === undefined) return unknown(opcode);
  if ((operation & 1) !== 0) return `r${src} = atomic${wide}_fetch_${name}(${place}, r${src})`;
  return `lock *${place} ${ALU_SIGNS[operation]} r${src}`;
}

function referenceText(ref: Reference): string {
  switch (ref.kind) {
    case 'map':
      return `map[${ref.map}]`;
    case 'mapValue':
      return `map[${ref.map}][0]${signed(ref.offset)}`;
    case 'function':
      return ref.name;
    case 'functionAddress':
      return `func[${ref.name}]`;
    case 'kernelSymbol':
      return `&${ref.name}`;
    case 'kfunc':
      return ref.name;
    case 'moduleVariable':
      return `&${ref.module}[${ref.id}]`;
    case 'moduleFunction':
      return `${ref.module}[${ref.id}]`;
  }
}

function typeOf({ opcode }: Instruction): string {
  return `(${(opcode & 0xe0) === MODE.memsx ? 's' : 'u'}${SIZE_NAMES[opcode & 0x18]} *)`;
}

function signed(value: number): string {
  return value < 0 ? `${value}` : `+${value}`;
}

function hex(value: number | bigint, bits: number): string {
  return `0x${BigInt.asUintN(bits, BigInt(value)).toString(16)}`;
}

function unknown(opcode: number): string {
  return `(unknown opcode 0x${opcode.toString(16)})`;
}
