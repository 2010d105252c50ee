/** Types by name across all units, which are searched only as far as needed. */
import type { CompileUnit, TypeKey } from './compile-unit.ts';
import type { Entry } from './entry.ts';
import type { Unit } from './unit.ts';

export class NamedTypes {
  readonly #units: readonly CompileUnit[];
  readonly #found = new Map<TypeKey, { readonly unit: CompileUnit; readonly offset: number }>();
  readonly #mentioned = new Map<TypeKey, boolean>();
  #searched = 0;

  constructor(units: readonly CompileUnit[]) {
    this.#units = units;
  }

  find(key: TypeKey): Entry | undefined {
    while (!this.#found.has(key)) {
      const unit = this.#units[this.#searched++];
      if (unit === undefined || !this.#isMentioned(key)) return undefined;
      this.#search(unit);
    }
    const { unit, offset } = this.#found.get(key)!;
    return unit.entries.entry(offset);
  }

  #search(unit: CompileUnit): void {
    for (const [key, offset] of unit.types) {
      if (!this.#found.has(key)) this.#found.set(key, { unit, offset });
    }
    unit.release();
  }

  /** Whether the name stands anywhere in the file: searching bytes is a hundred times as fast as reading entries. */
  #isMentioned(key: TypeKey): boolean {
    let mentioned = this.#mentioned.get(key);
    if (mentioned === undefined) {
      const text = `${key.slice(key.indexOf(' ') + 1)}\0`;
      mentioned = this.#units.some(({ entries }) => mentions(entries, text));
      this.#mentioned.set(key, mentioned);
    }
    return mentioned;
  }
}

/** Names are in .debug_str, or, when they are short, in the unit itself. */
function mentions({ file: { sections }, header }: Unit, text: string): boolean {
  return sections.whole('str').includes(text) || sections.part('info', header.offset, header.size).includes(text);
}
