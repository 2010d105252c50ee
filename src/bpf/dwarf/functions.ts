/** The functions of one unit by address, and the calls that were inlined into them. */
import { AddressIndex } from '../elf/index.ts';
import { AT, TAG } from './constants.ts';
import type { Entry } from './entry.ts';
import { contains, rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';

/** Entries that hold the functions of languages with namespaces and modules. */
const SCOPES: ReadonlySet<number> = new Set([TAG.namespace, TAG.module]);

interface Piece {
  readonly low: number;
  readonly high: number;
  readonly offset: number;
}

export class FunctionIndex {
  readonly #unit: Unit;
  readonly #pieces: readonly Piece[];
  readonly #index: AddressIndex;

  constructor(unit: Unit) {
    const pieces = [...definitions(unit.root)].flatMap((entry) =>
      rangesOf(entry).map(({ low, high }) => ({ low, high, offset: entry.offset })),
    );
    this.#unit = unit;
    this.#pieces = pieces;
    this.#index = new AddressIndex({
      count: pieces.length,
      addressOf: (i) => pieces[i]!.low,
      sizeOf: (i) => pieces[i]!.high - pieces[i]!.low,
    });
  }

  /** The function whose code is at `address`. */
  at(address: number): Entry | undefined {
    const found = this.#index.locate(address);
    return found && !found.near ? this.#unit.entry(this.#pieces[found.index]!.offset) : undefined;
  }
}

function* definitions(scope: Entry): Generator<Entry> {
  for (const child of scope.children()) {
    if (child.tag === TAG.subprogram) yield child;
    else if (SCOPES.has(child.tag)) yield* definitions(child);
  }
}

/** The inlined calls that `address` is in, outermost first. */
export function inlinedAt(fn: Entry, address: number): Entry[] {
  const calls: Entry[] = [];
  for (let scope: Entry | undefined = fn; scope; ) {
    scope = scopeAt(scope, address);
    if (scope?.tag === TAG.inlined) calls.push(scope);
  }
  return calls;
}

/** Inlined calls lie in blocks and in each other. */
function scopeAt(outer: Entry, address: number): Entry | undefined {
  for (const child of outer.children()) {
    const isScope = child.tag === TAG.inlined || child.tag === TAG.lexicalBlock;
    if (isScope && contains(rangesOf(child), address)) return child;
  }
  return undefined;
}

/** Names and types of a function's parameters, in their order. */
export function parametersOf(fn: Entry): Entry[] {
  // The instance of a function that is inlined elsewhere may leave out what the optimizer removed.
  const [own = [], ...abstract] = [...fn.origins()].map((entry) =>
    [...entry.children()].filter(({ tag }) => tag === TAG.parameter),
  );
  return abstract.find((list) => list.length > own.length) ?? own;
}

/** More arguments than the declared ones may be passed (`...`). */
export const isVariadic = (fn: Entry): boolean =>
  [...fn.origins()].some((entry) => [...entry.children()].some(({ tag }) => tag === TAG.moreParameters));

/** The type of a variable, member, parameter or of what a function returns. */
export function typeEntry(entry: Entry): Entry | undefined {
  for (const origin of entry.origins()) {
    const type = origin.entry(AT.type);
    if (type) return type;
  }
  return undefined;
}
