/**
 * Makes room in the kernel: keys of statements that nobody executes are taken out of it, and their sums kept here.
 * In two steps, so that no update is lost: first the statement loses its slot, so that whoever executes it gets another;
 * when nothing has been added to the old one for as long again, and no process has it in its hands, its rows are taken.
 */
import { isMaximum } from '../reading.ts';
import { doerKey } from './doer.ts';
import type { Engine } from './engine.ts';
import type { Doer } from './totals.ts';

/** Maps whose keys begin with a slot; failures are counted with the signal `resources` only. */
const BY_SLOT = ['@queries', '@parts', '@waits', '@latencies', '@failures'] as const;

export interface IdleOptions {
  /** Nothing was added for so long. */
  readonly idleMs: number;
  /** Part of the kernel's room that may be taken before anything is taken out. */
  readonly fill: number;
  /** Statements whose sums are kept outside of the kernel; beyond it those that rest the longest are forgotten. As many may rest inside. */
  readonly most: number;
}
/** A statement takes about 12 KB of the agent's memory, in all its readings; pg_stat_statements has 5,000 by default, too. */
export const IDLE: IdleOptions = { idleMs: 60_000, fill: 0.5, most: 5000 };

/** Other maps that name slots, and where in their keys. */
const NAMED_BY: readonly (readonly [map: string, ...offsets: number[]])[] = [
  ['@io', 0],
  ['@io_latencies', 0],
  ['@io_files', 12],
  ['@wakers', 0, 8],
];

interface Source {
  /** Slots that processes have in their hands. */
  readonly listHeld: () => ReadonlySet<number>;
  readonly identify: (slot: number) => Doer | undefined;
  /** Nothing is counted under these any more. */
  readonly forget: (slots: readonly number[]) => void;
  /** Of what is executed inside of statements nothing else is counted. */
  readonly keepInner: (ids: ReadonlySet<bigint>) => void;
}

export class IdleKeys {
  readonly #engine: Engine;
  readonly #source: Source;
  readonly #options: IdleOptions;
  /** What was counted for each slot at the last look. */
  #counted: ReadonlyMap<number, number> = new Map();
  /** Slots that nobody can get any more. */
  #leaving = new Set<number>();
  /** The slot that rows of a statement are kept under; those that rest the longest first. */
  readonly #kept = new Map<string, number>();
  /** Slots whose rows went to another. */
  readonly #merged = new Set<number>();
  /** Statements whose sums were given up. */
  forgotten = 0;
  #lookedMs = performance.now();

  constructor(engine: Engine, source: Source, options: Partial<IdleOptions> = {}) {
    this.#engine = engine;
    this.#source = source;
    this.#options = { ...IDLE, ...options };
  }

  /** Call it often: it looks only now and then. */
  advance(): void {
    const now = performance.now();
    if (now - this.#lookedMs < this.#options.idleMs) return;
    this.#lookedMs = now;
    this.#clearTexts();
    const counted = this.#count();
    const before = this.#counted;
    this.#counted = counted;
    const { fill, most } = this.#options;
    if (counted.size < Math.min(this.#engine.capacity('@queries') * fill, most) && this.#leaving.size === 0) return;
    const held = this.#source.listHeld();
    const idle = [...counted].flatMap(([slot, sum]) => (before.get(slot) === sum && !held.has(slot) ? [slot] : []));
    this.#take(idle.filter((slot) => this.#leaving.has(slot)));
    this.#part(idle.filter((slot) => !this.#leaving.has(slot)));
    this.#forget(counted.keys());
  }

  /** Statements would be known for ever, and there are servers that have new ones all day. Whoever is counted now is kept. */
  #forget(live: Iterable<number>): void {
    const most = this.#kept.size - this.#options.most;
    if (most <= 0 && this.#merged.size === 0) return;
    const held = this.#namedElsewhere();
    const executed = new Set([...live].map((slot) => this.#keyOf(slot)));
    const oldest = [...this.#kept]
      .filter(([key, slot]) => !executed.has(key) && !held.has(slot))
      .slice(0, Math.max(0, most));
    for (const [key] of oldest) this.#kept.delete(key);
    this.forgotten += oldest.length;
    const merged = [...this.#merged].filter((slot) => !held.has(slot));
    for (const slot of merged) this.#merged.delete(slot);
    const slots = [...oldest.map(([, slot]) => slot), ...merged];
    this.#engine.forgetRetired(slots);
    this.#source.forget(slots);
  }

  #namedElsewhere(): Set<number> {
    const named = new Set<number>();
    for (const [map, ...offsets] of NAMED_BY) {
      if (!this.#engine.hasMap(map)) continue;
      this.#engine.counters(map).readKernel((key, at) => {
        for (const offset of offsets) named.add(key.getUint32(at + offset, true));
      });
    }
    return named;
  }

  /** Which texts of inner statements were sent: those that are still executed are sent again. */
  #clearTexts(): void {
    if (!this.#engine.signals.has('inner')) return;
    const sent = this.#engine.keyed('@inner');
    if ([...sent.keys()].length < sent.maxEntries * this.#options.fill) return;
    sent.clear();
    const used = new Set<bigint>();
    this.#engine.waits.read((key, at) => used.add(key.getBigUint64(at + 8, true)));
    this.#source.keepInner(used);
  }

  #count(): Map<number, number> {
    const counted = new Map<number, number>();
    const { queries } = this.#engine;
    const sums = queries.fields.map((field) => !isMaximum(field));
    queries.readKernel((key, offset, row) => {
      counted.set(
        key.getUint32(offset, true),
        row.reduce((sum, value, at) => (sums[at] ? sum + value : sum), 0),
      );
    });
    return counted;
  }

  /** From now on the statement gets a new slot where it is executed. */
  #part(slots: readonly number[]): void {
    const known = slots.filter((slot) => this.#source.identify(slot));
    for (const slot of this.#engine.forgetIdentities(new Set(known))) this.#leaving.add(slot);
  }

  #take(slots: readonly number[]): void {
    const to = new Map(slots.map((slot) => [slot, this.#keptUnder(slot)]));
    if (to.size === 0) return;
    for (const name of BY_SLOT) if (this.#engine.hasMap(name)) this.#engine.retire(name, to);
    if (this.#engine.signals.has('executions')) this.#engine.keyed('@slowest').deleteMany(slots);
    for (const slot of slots) this.#leaving.delete(slot);
  }

  #keptUnder(slot: number): number {
    const key = this.#keyOf(slot)!;
    const kept = this.#kept.get(key) ?? slot;
    if (kept !== slot) this.#merged.add(slot);
    // It has rested the shortest.
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  /** Workers count elsewhere than their leader, whose key they have. */
  #keyOf(slot: number): string | undefined {
    const doer = this.#source.identify(slot);
    return doer && `${doerKey(doer)} ${doer.identity.backendType}`;
  }
}
