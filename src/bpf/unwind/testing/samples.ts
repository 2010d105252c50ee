/** For tests: stacks of one thread, unwound in this process. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Collection, loadCollection } from '../../collection.ts';
import type { Arch } from '../../elf/index.ts';
import { RingBuffer } from '../../ring/index.ts';
import { UserSymbols } from '../../symbols/index.ts';
import { frameName } from '../frame-name.ts';
import { stackSample } from '../sample.ts';
import { stackSampler } from '../sampler.ts';
import { type StopReason, Unwinder } from '../unwinder.ts';

export const ARCH: Arch = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const SOFTWARE = 1;
const CPU_CLOCK = 0n;
/** A prime, so that nothing periodic is always met at the same place. */
const PERIOD_NS = 1_000_003n;

export interface Stack {
  readonly reason: StopReason;
  readonly guessed: number;
  /** Innermost first. */
  readonly names: readonly string[];
}

export interface Sampling {
  /** Everything sampled until now and not taken before. */
  take(): Stack[];
  readonly unwinder: Unwinder;
  [Symbol.dispose](): void;
}

/** A sample per millisecond of CPU time, in the ring "stack_samples". */
export async function attachSampler(tid: number): Promise<Collection> {
  const collection = await loadCollection(stackSampler({ arch: ARCH, ringBytes: 32 << 20 }));
  const perfEvent = { kind: 'perf_event', program: 'stack_sampler', type: SOFTWARE, config: CPU_CLOCK } as const;
  await collection.attach({ ...perfEvent, period: PERIOD_NS, pid: tid });
  return collection;
}

export async function sampleThread(tid: number): Promise<Sampling> {
  const collection = await attachSampler(tid);
  const ring = new RingBuffer(collection.map('stack_samples'));
  const { offsets } = stackSample(ARCH);
  const unwinder = new Unwinder(ARCH);
  const symbols = new UserSymbols();
  return {
    unwinder,
    take() {
      const stacks: Stack[] = [];
      ring.poll((view, at) => {
        const pid = view.getUint32(at + offsets.pid, true);
        const copied = view.getUint32(at + offsets.stack_bytes, true);
        const reason = unwinder.unwind(pid, view, at + offsets.registers, at + offsets.stack, copied);
        const names = Array.from(unwinder.addresses.subarray(0, unwinder.count), (address, i) => {
          return frameName(symbols, pid, address, unwinder.starts[i]!, i === 0).name;
        });
        stacks.push({ reason, guessed: unwinder.guessed, names });
      });
      return stacks;
    },
    [Symbol.dispose]() {
      ring.close();
      collection.close();
    },
  };
}

/** At least so many stacks of a busy thread; on a machine that has no time for it, after a minute what there is. */
export async function stacksOf(tid: number, count: number): Promise<Stack[]> {
  using sampling = await sampleThread(tid);
  const stacks: Stack[] = [];
  for (let i = 0; i < 600 && stacks.length < count; i++) {
    await sleep(100);
    stacks.push(...sampling.take());
  }
  return stacks;
}

export function shareOf(stacks: readonly Stack[], reason: StopReason): number {
  return stacks.filter((stack) => stack.reason === reason).length / stacks.length;
}
