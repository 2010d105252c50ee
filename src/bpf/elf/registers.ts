/** Registers by machine: their names, and where `struct pt_regs` keeps them for a probe. */

/** Machines on which probes run. */
export type Arch = 'x86_64' | 'arm64';

export interface RegisterPlace {
  /** Name of the whole register. */
  readonly register: string;
  /** Byte offset in pt_regs (user_pt_regs on arm64). */
  readonly offset: number;
  /** Bytes that the name stands for: 4 for eax. */
  readonly size: number;
  /** Bits by which the value lies above bit 0: 8 for ah. */
  readonly shift: number;
}

/** In the order of pt_regs (arch/x86/include/uapi/asm/ptrace.h), 8 bytes each. */
const X86_64_ORDER = 'r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss'.split(
  ' ',
);
/** arch/arm64/include/uapi/asm/ptrace.h. */
const ARM64_ORDER = [...Array.from({ length: 31 }, (_, i) => `x${i}`), 'sp', 'pc', 'pstate'];

/** Registers that pass integer arguments of functions, in order. */
export const ARGUMENT_REGISTERS: Record<Arch, readonly string[]> = {
  x86_64: ['rdi', 'rsi', 'rdx', 'rcx', 'r8', 'r9'],
  arm64: ['x0', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7'],
};
export const RETURN_REGISTER: Record<Arch, string> = { x86_64: 'rax', arm64: 'x0' };
export const STACK_REGISTER: Record<Arch, string> = { x86_64: 'rsp', arm64: 'sp' };
export const PROGRAM_COUNTER: Record<Arch, string> = { x86_64: 'rip', arm64: 'pc' };

/** Every name of a register, or undefined for what pt_regs does not hold (vector registers). */
export function registerPlace(arch: Arch, name: string): RegisterPlace | undefined {
  return arch === 'x86_64' ? x86Place(name) : arm64Place(name);
}

/** rax eax ax al ah · rsi esi si sil · r8 r8d r8w r8b; also `ip`, `sp` and their like without prefix. */
function x86Place(name: string): RegisterPlace | undefined {
  const numbered = /^(r(?:8|9|1[0-5]))([dwb])?$/.exec(name);
  if (numbered) return x86Whole(numbered[1]!, { d: 4, w: 2, b: 1 }[numbered[2] ?? ''] ?? 8);
  const high = /^([abcd])h$/.exec(name);
  if (high) return { ...x86Whole(`r${high[1]}x`, 1)!, shift: 8 };
  const low = /^([abcd])l$/.exec(name) ?? /^(si|di|bp|sp)l$/.exec(name);
  if (low) return x86Whole(low[1]!.length === 1 ? `r${low[1]}x` : `r${low[1]}`, 1);
  const sized = /^([re])?([abcd]x|si|di|bp|sp|ip)$/.exec(name);
  if (sized) return x86Whole(`r${sized[2]}`, sized[1] === 'r' ? 8 : sized[1] === 'e' ? 4 : 2);
  return x86Whole(name, 8);
}

function x86Whole(register: string, size: number): RegisterPlace | undefined {
  const index = X86_64_ORDER.indexOf(register);
  return index < 0 ? undefined : { register, offset: index * 8, size, shift: 0 };
}

/** x0–x30 and their lower halves w0–w30; fp is x29, lr is x30. */
function arm64Place(name: string): RegisterPlace | undefined {
  const alias = { fp: 'x29', lr: 'x30', wsp: 'sp' }[name] ?? name.replace(/^w(?=\d)/, 'x');
  const index = ARM64_ORDER.indexOf(alias);
  if (index < 0) return undefined;
  return { register: alias, offset: index * 8, size: name.startsWith('w') ? 4 : 8, shift: 0 };
}
