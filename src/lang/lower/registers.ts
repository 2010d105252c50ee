/** Where struct pt_regs keeps the registers, and which of them carry arguments (System V x86-64, AAPCS64). */
import type { Lowering } from './lowering.ts';

interface Calling {
  /** Offsets in struct pt_regs (arch/x86/include/asm/ptrace.h, arch/arm64/include/uapi/asm/ptrace.h). */
  readonly registers: Readonly<Record<string, number>>;
  readonly arguments: readonly string[];
  readonly result: string;
  /** Bytes from sp on entry to the first argument on the stack. */
  readonly stack: number;
  whole(name: string): string;
}

const X64_ORDER = [
  'r15',
  'r14',
  'r13',
  'r12',
  'bp',
  'bx',
  'r11',
  'r10',
  'r9',
  'r8',
  'ax',
  'cx',
  'dx',
  'si',
  'di',
  'orig_ax',
  'ip',
  'cs',
  'flags',
  'sp',
  'ss',
];

const X64: Calling = {
  registers: Object.fromEntries(X64_ORDER.map((name, i) => [name, i * 8])),
  arguments: ['di', 'si', 'dx', 'cx', 'r8', 'r9'],
  result: 'ax',
  stack: 8,
  whole(name) {
    const numbered = /^(r\d+)[dwb]?$/.exec(name);
    if (numbered) return numbered[1]!;
    const named =
      /^[er]?([abcd]x|[sd]i|[sb]p|ip)l?$/.exec(name) ?? /^([abcd])[lh]$/.exec(name) ?? /^([sd]i|[sb]p)l$/.exec(name);
    const found = named?.[1] ?? name;
    return found.length === 1 ? `${found}x` : found;
  },
};

const ARM64: Calling = {
  registers: {
    ...Object.fromEntries(Array.from({ length: 31 }, (_, i) => [`r${i}`, i * 8])),
    sp: 31 * 8,
    pc: 32 * 8,
    pstate: 33 * 8,
  },
  arguments: Array.from({ length: 8 }, (_, i) => `r${i}`),
  result: 'r0',
  stack: 0,
  whole: (name) => name.replace(/^[xw]/, 'r'),
};

export const calling = (l: Lowering): Calling => (l.script.typing.host.arch === 'arm64' ? ARM64 : X64);

/** Offset from sp of an argument that is not in a register. */
export function stackArgument(index: number, l: Lowering): number {
  const { stack, arguments: names } = calling(l);
  return stack + (index - names.length) * 8;
}
