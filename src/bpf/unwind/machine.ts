/** The registers of a machine by their DWARF numbers, and where struct pt_regs keeps them. */
import { type Arch, PROGRAM_COUNTER, registerPlace, STACK_REGISTER } from '../elf/index.ts';

export interface Machine {
  readonly arch: Arch;
  /** Of struct pt_regs (user_pt_regs on arm64). */
  readonly registersBytes: number;
  /** Offset in it of each register that has a DWARF number below 32. */
  readonly places: readonly number[];
  readonly programCounterPlace: number;
  /** DWARF numbers. */
  readonly stackPointer: number;
  readonly framePointer: number;
  readonly returnRegister: number;
  /** Of the upper 32 bits of an address: the others may hold its signature (arm64's pointer authentication). */
  readonly addressMask: number;
}

/** System V ABI, AMD64 supplement, figure 3.36; 16 is the return address. */
const X86_64 = 'rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
/** DWARF for the Arm 64-bit Architecture, section 4.1. */
const ARM64 = [...Array.from({ length: 31 }, (_, i) => `x${i}`), 'sp'];

const MACHINES: Record<Arch, Machine> = {
  x86_64: machine('x86_64', X86_64, { registersBytes: 168, framePointer: 'rbp', addressMask: 0xffff_ffff }),
  // 48 bits of address: what every process has that does not ask for more.
  arm64: machine('arm64', ARM64, { registersBytes: 272, framePointer: 'x29', addressMask: 0x0000_ffff }),
};

export function machineOf(arch: Arch): Machine {
  return MACHINES[arch];
}

function machine(
  arch: Arch,
  names: readonly string[],
  rest: Pick<Machine, 'registersBytes' | 'addressMask'> & { readonly framePointer: string },
): Machine {
  return {
    ...rest,
    arch,
    places: names.map((name) => registerPlace(arch, name)!.offset),
    programCounterPlace: registerPlace(arch, PROGRAM_COUNTER[arch])!.offset,
    stackPointer: names.indexOf(STACK_REGISTER[arch]),
    framePointer: names.indexOf(rest.framePointer),
    returnRegister: arch === 'arm64' ? names.indexOf('x30') : names.length,
  };
}
