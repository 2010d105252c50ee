/** Profiles: samples of who runs or sleeps where, unwound by a worker and counted by who, what for, and stack. */
import type { ProfileFrame } from '../../api/index.ts';
import { decoder, type RecordShape } from '../../base/record.ts';
import { type UnwindWorker, type UnwoundStack, unwindOnThread } from '../../bpf/unwind/index.ts';
import type { Engine } from './engine.ts';
import { FrameNames } from './frame-names.ts';
import type { KernelIdentity } from './records.ts';
import { identityKey } from './statements.ts';

export interface StackTotals {
  readonly identity: KernelIdentity;
  /** As in inner.bt. */
  readonly inner: bigint;
  /** wait_event_info, or a system call (events.ts); 0: none. */
  readonly event: number;
  readonly offCpu: boolean;
  /** The first function of the process first. */
  readonly frames: readonly ProfileFrame[];
  readonly complete: boolean;
  samples: number;
  ns: number;
}

/** `struct sample` of stacks.bt starts a period of CPU time at 99 Hz. */
export const SAMPLE_NS = 10_101_010;

type ReadIdentity = (view: DataView, offset: number) => KernelIdentity;

export class StackSamples {
  readonly #engine: Engine;
  readonly #worker: UnwindWorker;
  readonly #names: FrameNames = new FrameNames();
  #stacks = new Map<string, StackTotals>();
  readonly #shape: RecordShape;
  readonly #identity: ReadIdentity;

  /** From here on every sample is unwound. */
  static async start(engine: Engine): Promise<StackSamples> {
    const shape = engine.emitted('sample');
    const at = (name: string): number => shape.offsets[name]!;
    const layout = {
      pid: at('pid'),
      parent: at('parent'),
      stack_bytes: at('stack_bytes'),
      registers: at('registers'),
      stack: at('stack'),
    };
    let samples: StackSamples | undefined;
    const arch = process.arch === 'arm64' ? 'arm64' : 'x86_64';
    const worker = await unwindOnThread({ arch, layout }, (stack) => samples?.add(stack));
    samples = new StackSamples(engine, worker, shape);
    return samples;
  }

  private constructor(engine: Engine, worker: UnwindWorker, shape: RecordShape) {
    this.#engine = engine;
    this.#worker = worker;
    this.#shape = shape;
    this.#identity = decoder(shape.fields.identity as RecordShape) as unknown as ReadIdentity;
    engine.on('sample', (view, offset) => {
      const number = (name: string): number => view.getUint32(offset + layoutOf(shape, name), true);
      this.#names.remember(number('pid'), number('parent'));
      worker.add(view, offset, shape.size);
    });
  }

  /** Counted since they were last taken. */
  take(): Iterable<StackTotals> {
    const taken = this.#stacks;
    this.#stacks = new Map();
    return taken.values();
  }

  /** Samples that the worker was too far behind to take. */
  get dropped(): number {
    return this.#worker.dropped;
  }

  add({ event, addresses, starts, reason }: UnwoundStack): void {
    const number = (name: string): number => event.getUint32(layoutOf(this.#shape, name), true);
    const pid = number('pid');
    const identity = this.#identity(event, layoutOf(this.#shape, 'identity'));
    const kernel = this.#kernelAddresses(event);
    const inner = event.getBigUint64(layoutOf(this.#shape, 'inner'), true);
    const frames = this.#names.of(pid, addresses, starts, kernel);
    const offCpu = number('off_cpu') !== 0;
    const complete = reason === 'root';
    const key = [
      identityKey(identity),
      inner,
      number('event'),
      offCpu,
      complete,
      ...frames.map((frame) => `${frame.function} ${frame.module}`),
    ].join('\n');
    const ns = Number(event.getBigUint64(layoutOf(this.#shape, 'ns'), true));
    let totals = this.#stacks.get(key);
    if (!totals) {
      totals = { identity, inner, event: number('event'), offCpu, frames, complete, samples: 0, ns: 0 };
      this.#stacks.set(key, totals);
    }
    totals.samples += Math.round(ns / SAMPLE_NS);
    totals.ns += ns;
  }

  #kernelAddresses(event: DataView): bigint[] {
    const bytes = event.getInt32(layoutOf(this.#shape, 'kernel_bytes'), true);
    const at = layoutOf(this.#shape, 'kernel');
    return Array.from({ length: Math.max(0, bytes) / 8 }, (_, i) => event.getBigUint64(at + i * 8, true));
  }

  /** Sleeps of these processes that last until now are sampled as if they ended. */
  endSleeps(pids: readonly number[], now: bigint): void {
    if (!this.#engine.signals.has('off_cpu')) return;
    const at = (name: string): number => layoutOf(this.#shape, name);
    for (const pid of pids) {
      const record = this.#engine.taskRecord('@sleeps', pid);
      const since = record?.getBigUint64(at('since'), true) ?? 0n;
      if (!record || since === 0n || since > now) continue;
      const slept = now - since + record.getBigUint64(at('carried'), true);
      const ns = slept - (slept % BigInt(SAMPLE_NS));
      if (ns === 0n) continue;
      record.setBigUint64(at('ns'), ns, true);
      this.#worker.add(record, 0, this.#shape.size);
    }
  }

  /** Every sample taken so far has been counted when this is done; none is afterwards. */
  stop(): Promise<void> {
    this.#engine.drain();
    return this.#worker.stop();
  }
}

const layoutOf = (shape: RecordShape, field: string): number => shape.offsets[field]!;
