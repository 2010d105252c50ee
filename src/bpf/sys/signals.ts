/** Keeps signals away from this thread while it does what they would interrupt. */
import { scratch, syscall } from '../../native/index.ts';

/** SIG_SETMASK. */
const SET = 2;
/** sizeof(sigset_t) in the kernel. */
const SET_SIZE = 8;
/** What a mistake of the thread itself raises: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV (blocked, they would kill). */
const OWN = [4, 5, 7, 8, 11].reduce((mask, signal) => mask | (1n << BigInt(signal - 1)), 0n);
const OTHERS = BigInt.asUintN(64, ~OWN);

/** They come afterwards. */
export function withoutSignals<T>(body: () => T): T {
  return scratch((arena) => {
    const [blocked, before] = [arena.take(SET_SIZE), arena.take(SET_SIZE)];
    blocked.view.setBigUint64(0, OTHERS, true);
    const changed = syscall('rt_sigprocmask', SET, blocked.address, before.address, SET_SIZE) >= 0;
    try {
      return body();
    } finally {
      if (changed) syscall('rt_sigprocmask', SET, before.address, 0, SET_SIZE);
    }
  });
}
