/** System calls that a PostgreSQL process may sleep in: their names, and numbers that the program compares. */
import { syscallNames } from '../../base/syscalls.ts';

const names = () => syscallNames(process.arch === 'arm64' ? 'arm64' : 'x64');
let kept: readonly string[] | undefined;

/** Those that move bytes through a descriptor: their file says what is waited for. */
export const movesBytes = (syscall: number): boolean => MOVERS.includes(nameOf(syscall));
const MOVERS = ['read', 'write', 'readv', 'writev'];

/** On this machine, as the program knows them: CALL_READ and so on. */
export function callNumbers(): (readonly [define: string, number: bigint])[] {
  return [...MOVERS, 'futex'].map((name) => [`CALL_${name.toUpperCase()}`, BigInt(names().indexOf(name))]);
}

/** Outside of a system call the kernel was entered by an exception: of those only page faults sleep. */
export const NO_SYSTEM_CALL = 0xffff;

export const sleepingIn = (syscall: number): string =>
  syscall === NO_SYSTEM_CALL ? 'page fault' : nameOf(syscall) || `system call ${syscall}`;

function nameOf(syscall: number): string {
  kept ??= names();
  const name = kept[syscall] ?? '-';
  return name === '-' ? '' : name;
}
