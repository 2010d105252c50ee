/** Keeps what was found for texts, the least recently used ones dropped, within a budget of characters. */

import type { Statement } from './fingerprinter.ts';

export class TextCache {
  readonly #budget: number;
  /** In the order of use. */
  readonly #entries: Map<string, Statement> = new Map();
  #characters = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  get(text: string): Statement | undefined {
    const statement = this.#entries.get(text);
    if (statement === undefined) return undefined;
    this.#entries.delete(text);
    this.#entries.set(text, statement);
    return statement;
  }

  set(text: string, statement: Statement): void {
    this.#entries.set(text, statement);
    this.#characters += text.length + statement.query.length;
    for (const [oldest, { query }] of this.#entries) {
      if (this.#characters <= this.#budget) return;
      this.#entries.delete(oldest);
      this.#characters -= oldest.length + query.length;
    }
  }
}
