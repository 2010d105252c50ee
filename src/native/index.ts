/** The only foreign-function interface: system calls, memory with an address, views of mapped memory. */
import { Arena, allocateBlock, type Block } from './arena.ts';
import { koffiBackend } from './koffi.ts';
import type { Native } from './native.ts';
import { type SyscallName, syscallNumbers } from './numbers.ts';

export type { Arena, Block } from './arena.ts';
export type { SyscallName } from './numbers.ts';

interface Loaded {
  readonly native: Native;
  readonly numbers: Record<SyscallName, number>;
  readonly arena: Arena;
}
let loaded: Loaded | undefined;

/** Loads the library at the first use: who only compiles or prints help pays nothing. */
function load(): Loaded {
  if (loaded) return loaded;
  const numbers = syscallNumbers();
  const native = koffiBackend();
  loaded = { native, numbers, arena: new Arena(native) };
  return loaded;
}

/** A system call: its result, or minus the errno. */
export function syscall(name: SyscallName, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): number {
  const { native, numbers } = loaded ?? load();
  return native.syscall(numbers[name], a, b, c, d, e, f);
}

/** Memory that outlives a call; keep the block as long as the kernel may use its address. */
export function allocate(size: number): Block {
  return allocateBlock(load().native, size);
}

/** Runs `body` with memory for the arguments of system calls, valid until it returns. */
export function scratch<T>(body: (arena: Arena) => T): T {
  return load().arena.scope(body);
}

/** An ArrayBuffer over mapped memory; detach it (`transfer()`) before the memory is unmapped. */
export function viewOf(address: number, length: number): ArrayBuffer {
  return load().native.view(address, length);
}

/** mallopt(3), where the C library has it. */
export function setMalloc(parameter: number, value: number): void {
  load().native.setMalloc(parameter, value);
}

/** malloc_trim(3), where the C library has it. */
export function trim(): void {
  load().native.trim();
}
