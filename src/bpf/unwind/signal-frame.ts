/**
 * The frame that arm64 kernels put below a signal handler (arch/arm64/kernel/signal.c: struct rt_sigframe).
 * Their vdso does not describe it, or only the interrupted function's caller; glibc describes x86-64's.
 *   siginfo: 128 bytes · ucontext: flags, link, stack, 128 bytes of signal mask, at 176 the sigcontext:
 *   fault address · x0 … x30 · sp · pc
 */
import type { StackMemory } from './stack-memory.ts';

const SIGCONTEXT = 128 + 176;
const FIRST_REGISTER = SIGCONTEXT + 8;
/** x0 … x30 and sp. */
const REGISTERS = 32;

/** Sets the interrupted registers and gives its program counter; NaN when the frame was not copied. */
export function restoreInterrupted(memory: StackMemory, stackPointer: number, registers: Float64Array): number {
  const first = stackPointer + FIRST_REGISTER;
  for (let i = 0; i < REGISTERS; i++) registers[i] = memory.read(first + 8 * i);
  return memory.read(first + 8 * REGISTERS);
}
