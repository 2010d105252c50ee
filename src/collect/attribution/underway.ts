/** What processes have done that is not in the kernel's sums yet: requests and waits that have not ended. */
import { PASSED } from './choice.ts';
import type { KernelBackend } from './records.ts';

/** Times in ns. */
export interface Underway {
  readonly slot: number;
  /** As in clients.bt; 0: not known. */
  readonly asker: bigint;
  /** A request of a client; else a background process. */
  readonly isRequest: boolean;
  readonly on_cpu: number;
  readonly off_cpu: number;
  readonly run_queue: number;
  readonly waits: readonly UnderwayWait[];
}

export interface UnderwayWait {
  readonly event: number;
  /** As in inner.bt. */
  readonly inner: bigint;
  readonly ns: number;
  /** Whether it is to be counted: 0 where it was as it began. */
  readonly count: 0 | 1;
}

/** Nothing where the process is idle, or the kernel does not know yet what it executes. `now` in ns of CLOCK_MONOTONIC. */
export function underwayOf(backend: KernelBackend, now: bigint): Underway | undefined {
  const isRequest = backend.open !== 0;
  const isIdle = backend.in_session !== 0 && !isRequest;
  if (!backend.attached || !backend.named || backend.slot === 0 || backend.slot === PASSED || isIdle) return undefined;
  const since = (moment: bigint): number => (moment === 0n || moment > now ? 0 : Number(now - moment));
  const gap = Number(backend.gap);
  const asleep = since(backend.off_since);
  const waited = (backend.gap_pushed ? 0 : gap) + (backend.blocked ? asleep : 0);
  const queued = (backend.gap_pushed ? gap : 0) + (backend.blocked ? 0 : asleep);
  return {
    slot: backend.slot,
    asker: backend.asker,
    isRequest,
    on_cpu: Number(backend.on_cpu) + since(backend.on_since),
    off_cpu: Number(backend.off_cpu) + waited,
    run_queue: Number(backend.run_queue) + queued,
    waits: waitsOf(backend, waited),
  };
}

/** The waits that may have slept before, for a lock or until a signal came, and the sleep of now, which may be part of one. */
function waitsOf(backend: KernelBackend, waited: number): UnderwayWait[] {
  const { gap_event: event, lock_event, cut_event, synced } = backend;
  const wait = (of: number, inner: bigint, ns: number): UnderwayWait => ({
    event: of,
    inner,
    ns,
    count: of === synced ? 0 : 1,
  });
  const before = [
    ...(backend.lock === 0n ? [] : [wait(lock_event, backend.lock_inner, Number(backend.lock_ns))]),
    ...(backend.cut_ns === 0n ? [] : [wait(cut_event, backend.cut_inner, Number(backend.cut_ns))]),
  ];
  const own = before.findIndex((one) => one.event === event);
  if (own >= 0) return before.map((one, i) => (i === own ? { ...one, ns: one.ns + waited } : one));
  return waited > 0 ? [...before, wait(event, backend.gap_inner, waited)] : before;
}
