/** Keeps the slowest requests of each statement that the kernel sends. */
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
}

interface KernelSlowest {
  readonly kept: readonly bigint[];
}
const NONE: KernelSlowest = { kept: Array.from({ length: KEPT }, () => 0n) };

export class Executions {
  readonly #slowest: KeyedMap<number, KernelSlowest>;
  /** By slot, the slowest first. */
  #kept = new Map<number, KernelExecution[]>();

  constructor(engine: Engine) {
    this.#slowest = engine.keyed('@slowest') as KeyedMap<number, KernelSlowest>;
    for (const name of ['execution', 'short_execution']) {
      engine.listen<KernelExecution>(name, (execution) => this.#add(execution));
    }
  }

  /** Those kept since the last call, of every statement; from now on others have their chance. */
  take(): KernelExecution[] {
    const all = [...this.#kept.values()].flat();
    for (const slot of this.#kept.keys()) this.#slowest.set(slot, NONE);
    this.#kept = new Map();
    return all;
  }

  #add(execution: KernelExecution): void {
    const { slot } = execution;
    const kept = this.#kept.get(slot) ?? [];
    kept.push({ ...execution, step: execution.step.slice(0, execution.steps) });
    kept.sort((a, b) => Number(b.latency - a.latency));
    kept.length = Math.min(kept.length, KEPT);
    this.#kept.set(slot, kept);
  }
}
