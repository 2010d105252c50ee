/** Keeps the slowest requests of each statement that the kernel sends. */
import { type ArrayShape, decoder, type RecordShape, sizeOf } from '../../base/record.ts';
import type { KeyedMap } from '../../bpf/index.ts';
import type { Engine } from './engine.ts';

/** Of each statement, as in executions.bt. */
export const KEPT = 5;

interface KernelUsage {
  readonly shared_hit: bigint;
  readonly shared_read: bigint;
  readonly shared_dirtied: bigint;
  readonly temp_read: bigint;
  readonly temp_written: bigint;
  readonly wal: { readonly bytes: bigint };
}

/** Of `struct resources` of records.bt; memory in pages. */
interface KernelResources {
  readonly rows: bigint;
  readonly received: bigint;
  readonly sent: bigint;
  readonly temp_files: bigint;
  readonly temp_bytes: bigint;
  readonly memory: bigint;
  readonly memory_high: bigint;
  readonly major_faults: bigint;
}

/** `struct execution` of executions.bt; times in ns. */
export interface KernelExecution {
  readonly ended: bigint;
  readonly latency: bigint;
  readonly off_cpu: bigint;
  readonly run_queue: bigint;
  readonly slot: number;
  readonly pid: number;
  readonly calls: number;
  readonly errors: number;
  readonly before: KernelUsage;
  readonly after: KernelUsage;
  readonly resources: KernelResources;
  readonly memory: bigint;
  readonly major_faults: bigint;
  readonly temp_files_seen: number;
  readonly steps: number;
  readonly lost: number;
  readonly step: readonly KernelStep[];
}

export interface KernelStep {
  readonly at: bigint;
  readonly ns: bigint;
  readonly run_queue: bigint;
  readonly event: number;
  readonly count: number;
  readonly blocker: number;
  readonly phase: number;
  readonly inner: bigint;
}

interface KernelSlowest {
  readonly kept: readonly bigint[];
}
const NONE: KernelSlowest = { kept: Array.from({ length: KEPT }, () => 0n) };

/** Of a busy server thousands come in a few seconds, and somebody looks at some of them: until then they are bytes. */
export interface SentExecution {
  readonly slot: number;
  /** In ns; `ended` of CLOCK_MONOTONIC. */
  readonly latency: number;
  readonly ended: number;
  read(): KernelExecution;
}

export class Executions {
  readonly #slowest: KeyedMap<number, KernelSlowest>;
  readonly #format: Format;
  /** By slot, the slowest first. */
  #kept = new Map<number, SentExecution[]>();
  /** Statements of which only slower ones than before are sent. */
  readonly #closed = new Set<number>();
  #openedMs = performance.now();

  constructor(engine: Engine) {
    this.#slowest = engine.keyed('@slowest') as KeyedMap<number, KernelSlowest>;
    this.#format = formatOf(engine.emitted('execution'));
    for (const name of ['execution', 'short_execution']) engine.on(name, (view, offset) => this.#add(view, offset));
  }

  /** Those kept since the last call, of every statement; from now on others have their chance, if it is so long since they last had. */
  take(atLeastMs = 0): SentExecution[] {
    const all = [...this.#kept.values()].flat();
    for (const slot of this.#kept.keys()) this.#closed.add(slot);
    this.#kept = new Map();
    const now = performance.now();
    if (now - this.#openedMs < atLeastMs) return all;
    this.#openedMs = now;
    this.#slowest.setMany([...this.#closed].map((slot) => [slot, NONE]));
    this.#closed.clear();
    return all;
  }

  #add(view: DataView, offset: number): void {
    const sent = new Sent(this.#format, view, offset);
    const kept = this.#kept.get(sent.slot);
    if (!kept) {
      this.#kept.set(sent.slot, [sent]);
      return;
    }
    const faster = kept.findIndex(({ latency }) => latency < sent.latency);
    kept.splice(faster < 0 ? kept.length : faster, 0, sent);
    if (kept.length > KEPT) kept.pop();
  }
}

/** Of both events: the short one begins as the long one does, and has fewer steps. */
interface Format {
  readonly slot: number;
  readonly latency: number;
  readonly ended: number;
  readonly stepCount: number;
  readonly steps: number;
  readonly stepBytes: number;
  readonly readHead: (view: DataView, offset: number) => unknown;
  readonly readStep: (view: DataView, offset: number) => unknown;
}

function formatOf(shape: RecordShape): Format {
  const { step, ...head } = shape.fields;
  const { of } = step as ArrayShape;
  const at = (name: string): number => shape.offsets[name]!;
  return {
    slot: at('slot'),
    latency: at('latency'),
    ended: at('ended'),
    stepCount: at('steps'),
    steps: at('step'),
    stepBytes: sizeOf(of),
    readHead: decoder({ ...shape, fields: head }),
    readStep: decoder(of),
  };
}

class Sent implements SentExecution {
  readonly slot: number;
  readonly latency: number;
  readonly ended: number;
  readonly #format: Format;
  readonly #bytes: Uint8Array;

  constructor(format: Format, view: DataView, offset: number) {
    this.#format = format;
    this.slot = view.getUint32(offset + format.slot, true);
    this.latency = Number(view.getBigUint64(offset + format.latency, true));
    this.ended = Number(view.getBigUint64(offset + format.ended, true));
    const length = format.steps + view.getUint32(offset + format.stepCount, true) * format.stepBytes;
    this.#bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
  }

  read(): KernelExecution {
    const { readHead, readStep, stepCount, steps, stepBytes } = this.#format;
    const view = new DataView(this.#bytes.buffer);
    const length = view.getUint32(stepCount, true);
    const step = Array.from({ length }, (_, i) => readStep(view, steps + i * stepBytes));
    return { ...(readHead(view, 0) as Omit<KernelExecution, 'step'>), step: step as KernelStep[] };
  }
}
