/** What a process was about when the watch began: it may sleep for long before the kernel shows it to us. */
import { ProcessMemory } from '../../postgres/discover/index.ts';
import { type Memory, readPointer, readU32 } from '../../postgres/memory/index.ts';
import { CLIENT_READ, inSystemCall } from './events.ts';
import { fileKind, isRunning, readRunDelay, readSystemCall } from './processes.ts';
import type { FirstSight, KernelProfile } from './records.ts';
import { movesBytes } from './syscalls.ts';

export function firstSight(pid: number, profile: KernelProfile): FirstSight {
  const watched = process.hrtime.bigint();
  const { event, lock, lock_start } = readWait(pid, profile);
  return {
    watched,
    off_since: watched,
    blocked: Number(!isRunning(pid)),
    idle_wait: Number(event === CLIENT_READ),
    run_delay: readRunDelay(pid),
    gap_event: event || systemCallOf(pid),
    lock,
    lock_start,
    lock_event: lock === 0n ? 0 : event,
  };
}

function systemCallOf(pid: number): number {
  const call = readSystemCall(pid);
  if (!call || !movesBytes(call.number)) return inSystemCall(call?.number);
  return inSystemCall(call.number, fileKind(pid, call.argument));
}

type Wait = Pick<FirstSight, 'lock' | 'lock_start'> & { readonly event: number };
const NO_WAIT: Wait = { event: 0, lock: 0n, lock_start: 0n };

function readWait(pid: number, profile: KernelProfile): Wait {
  try {
    using memory = ProcessMemory.open(pid);
    const base = readPointer(memory, Number(profile.wait_event_base));
    const event = base && readU32(memory, base + profile.wait_event_offset);
    return { event: event ?? 0, ...readLock(memory, profile) };
  } catch {
    return NO_WAIT; // it has ended: nobody will ask
  }
}

/** The LOCK that it waits for, and since when: what program.bt tells one wait from the next by. */
function readLock(memory: Memory, profile: KernelProfile): Pick<Wait, 'lock' | 'lock_start'> {
  const proc = readPointer(memory, Number(profile.my_proc));
  if (!proc) return NO_WAIT;
  const lock = readPointer(memory, proc + profile.wait_lock) ?? 0;
  const start = lock && profile.wait_start ? readPointer(memory, proc + profile.wait_start) : 0;
  return { lock: BigInt(lock), lock_start: BigInt(start ?? 0) };
}
