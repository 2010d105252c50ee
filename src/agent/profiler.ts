/** Profiles on request: stacks are taken for some seconds when somebody asks, and cost nothing at other times. */
import type { ProfileRow } from '../api/index.ts';
import { PebbleError } from '../base/errors.ts';
import { Attribution, type AttributionOptions, asMuchAsTaken, windowBetween } from '../collect/attribution/index.ts';
import type { TimeRange } from '../store/index.ts';

export type ProfileKind = ProfileRow['kind'];

export interface Taken {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: ProfileKind;
  readonly rows: readonly ProfileRow[];
}

const MOST_KEPT = 20;

export class Profiler {
  readonly #options: AttributionOptions;
  #taken: readonly Taken[] = [];
  readonly #fresh: Taken[] = [];
  #running: { readonly kind: ProfileKind; readonly untilMs: number } | undefined;

  /** Takes stacks of the clusters that these options choose. */
  constructor(options: AttributionOptions) {
    this.#options = options;
  }

  /** What is being taken now. */
  get running(): { readonly kind: ProfileKind; readonly untilMs: number } | undefined {
    return this.#running;
  }

  /** Resolves when it is taken. */
  async take(kind: ProfileKind, seconds: number): Promise<readonly ProfileRow[]> {
    if (this.#running) {
      throw new PebbleError('usage', {
        doing: 'taking a profile',
        what: 'one is being taken',
        hint: 'wait for its end',
      });
    }
    this.#running = { kind, untilMs: Date.now() + seconds * 1000 };
    try {
      const taken = await this.#take(kind, seconds);
      this.#taken = [...this.#taken, taken].slice(-MOST_KEPT);
      this.#fresh.push(taken);
      this.#fresh.splice(0, this.#fresh.length - MOST_KEPT);
      return taken.rows;
    } finally {
      this.#running = undefined;
    }
  }

  /** Those taken since it was asked last: what is to be kept. */
  drain(): readonly Taken[] {
    return this.#fresh.splice(0);
  }

  /** Of those that overlap the range, oldest first. */
  between({ fromMs, toMs }: TimeRange, kind: ProfileKind): readonly Taken[] {
    return this.#taken.filter((taken) => taken.kind === kind && taken.fromMs < toMs && taken.toMs > fromMs);
  }

  async #take(kind: ProfileKind, seconds: number): Promise<Taken> {
    const signals = [kind === 'on_cpu' ? ('profile' as const) : ('off_cpu' as const), 'inner' as const];
    const { made: attribution } = await asMuchAsTaken(this.#options, signals, (all) => Attribution.start(all), 1);
    try {
      const before = attribution.read();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      const after = attribution.read();
      const rows = await attribution.endProfile(windowBetween(before, after));
      return { fromMs: before.wallMs, toMs: after.wallMs, kind, rows };
    } finally {
      attribution.close();
    }
  }
}
