/** Processes of PostgreSQL that the kernel has killed for want of memory, as oom-kills.bt tells them. */
import type { Engine } from './engine.ts';
import { PAGE_BYTES } from './records.ts';
import type { Doer, Identify } from './totals.ts';

interface KernelOomKill {
  readonly at: bigint;
  readonly memory: bigint;
  readonly cluster: number;
  readonly slot: number;
  readonly pid: number;
  readonly postmaster: number;
}

export interface OomKill {
  readonly atMs: number;
  /** As the host numbers processes. */
  readonly pid: number;
  readonly cluster: number;
  readonly isPostmaster: boolean;
  /** Private memory: VmData. */
  readonly bytes: number;
  /** What it executed, or which kind of process it was; absent where that is not known. */
  readonly doer: Doer | undefined;
}

export class OomKills {
  readonly #engine: Engine;
  readonly #kills: KernelOomKill[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.listen<KernelOomKill>('oom_kill', (kill) => this.#kills.push(kill));
  }

  /** Since the last call. */
  take(identify: Identify): OomKill[] {
    this.#engine.drain();
    const [wallMs, monotonic] = [Date.now(), process.hrtime.bigint()];
    return this.#kills.splice(0).map(({ at, memory, cluster, slot, pid, postmaster }) => ({
      atMs: wallMs - Number(monotonic - at) / 1e6,
      pid,
      cluster,
      isPostmaster: postmaster === 1,
      bytes: Number(memory) * PAGE_BYTES,
      doer: slot === 0 ? undefined : identify(slot),
    }));
  }
}
