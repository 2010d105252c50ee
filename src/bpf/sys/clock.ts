/** The kernel's clocks, those that Node does not read included. */
import { scratch, syscall } from '../../native/index.ts';
import { must } from './errno.ts';

/** clockid_t (linux/time.h). */
const CLOCKS = { realtime: 0, monotonic: 1, boottime: 7, tai: 11 } as const;

/** Nanoseconds, as bpf_ktime_get_*_ns count them. */
export function clockNs(clock: keyof typeof CLOCKS): bigint {
  return scratch((arena) => {
    const time = arena.take(16);
    must(syscall('clock_gettime', CLOCKS[clock], time.address), `reading the ${clock} clock`);
    return time.view.getBigInt64(0, true) * 1_000_000_000n + time.view.getBigInt64(8, true);
  });
}
