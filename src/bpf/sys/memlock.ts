/** RLIMIT_MEMLOCK, which limited the memory of maps and programs before Linux 5.11. */
import { scratch, syscall } from '../../native/index.ts';

const RLIMIT_MEMLOCK = 8;
let raised = false;

/** Lifts the limit; true if that is new, so that trying again makes sense. */
export function raiseMemlock(): boolean {
  if (raised) return false;
  raised = true;
  return scratch((arena) => {
    const unlimited = arena.bytes(new Uint8Array(16).fill(0xff));
    return syscall('prlimit64', 0, RLIMIT_MEMLOCK, unlimited, 0) === 0;
  });
}
