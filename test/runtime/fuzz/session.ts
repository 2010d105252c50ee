/** Feeds targets with mutated inputs and keeps those that led somewhere new. */
import { mutate, mutateText } from './mutate.ts';
import type { Random } from './random.ts';
import { isRefusal, type Target } from './targets.ts';

export interface Finding {
  readonly target: string;
  readonly input: Buffer;
  readonly what: string;
}

/** Bounds of the inputs that are kept besides the corpus, so that memory does not grow with time. */
const MOST_KEPT = 64;
const LARGEST_KEPT = 64 * 1024;
const MOST_OUTCOMES = 1000;
const MOST_FINDINGS = 20;

export class FuzzSession {
  readonly target: Target;
  readonly findings: Finding[] = [];
  inputs = 0;
  /** How many of them the parser took. */
  accepted = 0;
  readonly #random: Random;
  readonly #seeds: readonly Buffer[];
  readonly #kept: Buffer[] = [];
  /** What happened so far, each kind once: an input with a new outcome is a good start for others. */
  readonly #outcomes = new Set<string>();
  readonly #before: (input: Buffer) => void;

  /** `before` sees each input before the parser does, which may never come back. */
  constructor(target: Target, random: Random, before: (input: Buffer) => void = () => {}) {
    this.target = target;
    this.#random = random;
    this.#before = before;
    this.#seeds = target.seeds();
    for (const seed of this.#seeds) this.#try(Buffer.from(seed));
  }

  get outcomes(): number {
    return this.#outcomes.size;
  }

  get keptBytes(): number {
    return this.#kept.reduce((sum, input) => sum + input.length, 0);
  }

  step(): void {
    const change = this.target.text ? mutateText : mutate;
    this.#try(change(this.#pick(), this.#pick(), this.#random));
  }

  #pick(): Buffer {
    return this.#random.of(this.#kept.length > 0 && this.#random.oneIn(2) ? this.#kept : this.#seeds);
  }

  #try(input: Buffer): void {
    this.#before(input);
    const outcome = this.#outcome(input);
    this.inputs++;
    if (this.#outcomes.has(outcome) || this.#outcomes.size >= MOST_OUTCOMES) return;
    this.#outcomes.add(outcome);
    if (input.length > LARGEST_KEPT) return;
    const copy = Buffer.from(input);
    if (this.#kept.length < MOST_KEPT) this.#kept.push(copy);
    else this.#kept[this.#random.below(MOST_KEPT)] = copy;
  }

  #outcome(input: Buffer): string {
    try {
      // The parser must not keep or change our bytes.
      const said = this.target.run(Buffer.from(input));
      this.accepted++;
      return typeof said === 'string' ? `accepted ${said}` : 'accepted';
    } catch (error) {
      if (!isRefusal(error)) this.#found(input, (error as Error).stack ?? String(error));
      return String(error).replace(/".*?"|0x[0-9a-f]+|\d+|[^ -~]+/g, '#');
    }
  }

  #found(input: Buffer, what: string): void {
    if (this.findings.length < MOST_FINDINGS) {
      this.findings.push({ target: this.target.name, input: Buffer.from(input), what });
    }
  }
}
