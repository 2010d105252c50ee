/**
 * The different rows of a file's call frame tables, each kept once: functions by the thousand share a few dozen.
 * A row is a run of 32-bit words:
 *   CFA register, or -1 · CFA offset, or number of an expression · flags · return address: kind, value
 *   · number of registers · and for each: register:28 kind:4, value
 */
import { COLUMNS, RULE, type Rules } from './rules.ts';

export const ROW = {
  cfaRegister: 0,
  cfaValue: 1,
  flags: 2,
  returnKind: 3,
  returnValue: 4,
  count: 5,
  registers: 6,
} as const;
export const ROW_FLAG = {
  /** A frame that the kernel made: the address in the caller's frame is that of the next instruction, not of a call. */
  signal: 1,
} as const;
export const KIND_BITS = 4;

/** Ten times what the largest libraries have; broken tables end here. */
const MAX_WORDS = 1 << 21;

export class Rows {
  words = new Int32Array(1024);
  readonly expressions: Uint8Array[] = [];
  readonly #rowByText = new Map<string, number>();
  readonly #expressionByText = new Map<string, number>();
  /** Word 0 is no row. */
  #used = 1;

  /** The first word of the row that says this; 0 when there is no room. */
  intern(rules: Rules, returnColumn: number, signal: boolean): number {
    const row = [
      rules.cfaRegister,
      rules.cfaValue,
      signal ? ROW_FLAG.signal : 0,
      rules.kinds[returnColumn]!,
      rules.values[returnColumn]!,
      0,
    ];
    for (let register = 0; register < COLUMNS; register++) {
      const kind = rules.kinds[register]!;
      if (kind === RULE.same || register === returnColumn) continue;
      row.push((register << KIND_BITS) | kind, rules.values[register]!);
    }
    row[ROW.count] = (row.length - ROW.registers) / 2;
    const text = row.join();
    let at = this.#rowByText.get(text);
    if (at === undefined) {
      at = this.#append(row);
      this.#rowByText.set(text, at);
    }
    return at;
  }

  keepExpression(bytes: Uint8Array): number {
    const text = bytes.join();
    let number = this.#expressionByText.get(text);
    if (number === undefined) {
      number = this.expressions.push(bytes.slice()) - 1;
      this.#expressionByText.set(text, number);
    }
    return number;
  }

  get bytes(): number {
    return this.words.byteLength;
  }

  #append(row: readonly number[]): number {
    const at = this.#used;
    const end = at + row.length;
    if (end > MAX_WORDS) return 0;
    if (end > this.words.length) {
      const larger = new Int32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    this.words.set(row, at);
    this.#used = end;
    return at;
  }
}
