/**
 * How registers are found again in the caller, as the instructions of an FDE build it up for one address
 * (DWARF 5, section 6.4.2; GNU and AArch64 extensions).
 */
import type { CfiCursor } from './cursor.ts';
import type { CommonEntry, FunctionEntry } from './section.ts';

/** What a rule says of a register; `same` is also what is not said at all. */
export const RULE = {
  same: 0,
  undefined: 1,
  /** Saved at CFA + value. */
  saved: 2,
  /** Is CFA + value. */
  offset: 3,
  /** Is in another register. */
  register: 4,
  /** Saved at the address that an expression gives. */
  savedAtExpression: 5,
  /** Is what an expression gives. */
  expression: 6,
} as const;

/** x86-64 has 17 columns, arm64 33 and a few that are of no use here: vector registers, the signing state. */
export const COLUMNS = 33;
/** Nested remember_state; compilers nest two or three. */
const REMEMBERED = 64;

/** The rules at one address, to be used again for the next: kinds, values and CFA. */
export class Rules {
  /** -1: the CFA is what the expression `cfaValue` gives. */
  cfaRegister = 0;
  cfaValue = 0;
  readonly kinds = new Uint8Array(COLUMNS);
  /** Offset, register, or number of an expression. */
  readonly values = new Int32Array(COLUMNS);

  clear(): void {
    this.cfaRegister = 0;
    this.cfaValue = 0;
    this.kinds.fill(RULE.same);
    this.values.fill(0);
  }

  copyFrom(other: Rules): void {
    this.cfaRegister = other.cfaRegister;
    this.cfaValue = other.cfaValue;
    this.kinds.set(other.kinds);
    this.values.set(other.values);
  }

  set(column: number, kind: number, value: number): void {
    if (column >= COLUMNS) return;
    this.kinds[column] = kind;
    this.values[column] = value;
  }

  /** What the CIE says. */
  restore(column: number, initial: Rules): void {
    if (column < COLUMNS) this.set(column, initial.kinds[column]!, initial.values[column]!);
  }
}

/** DW_CFA_*: those whose lower six bits are an operand. */
const ADVANCE = 1;
const OFFSET = 2;
const RESTORE = 3;

export class RulesReader {
  readonly rules = new Rules();
  readonly #initial = new Rules();
  readonly #remembered: Rules[] = [];
  /** Gives a DWARF expression a number. */
  readonly #keep: (expression: Uint8Array) => number;
  #depth = 0;
  #address = 0;

  constructor(keep: (expression: Uint8Array) => number) {
    this.#keep = keep;
  }

  /** Leaves in `rules` what holds at `address`, which the entry covers. */
  read(entry: FunctionEntry, address: number, cursor: CfiCursor): void {
    this.#begin(entry, address, cursor);
    this.#run(entry.common, entry.from, entry.to, address, cursor);
  }

  /** Calls at each address from which on other rules hold, which are in `rules` then. */
  readAll(entry: FunctionEntry, cursor: CfiCursor, found: (address: number) => void): void {
    this.#begin(entry, Number.POSITIVE_INFINITY, cursor);
    this.#run(entry.common, entry.from, entry.to, Number.POSITIVE_INFINITY, cursor, found);
    found(this.#address);
  }

  /** What the CIE says. */
  #begin({ common, start }: FunctionEntry, until: number, cursor: CfiCursor): void {
    this.rules.clear();
    this.#initial.clear();
    this.#depth = 0;
    this.#address = start;
    this.#run(common, common.from, common.to, until, cursor);
    this.#initial.copyFrom(this.rules);
  }

  #run(
    common: CommonEntry,
    from: number,
    to: number,
    until: number,
    cursor: CfiCursor,
    passed?: (address: number) => void,
  ): void {
    cursor.offset = from;
    while (cursor.offset < to) {
      const before = this.#address;
      const byte = cursor.u8();
      const low = byte & 0x3f;
      const high = byte >>> 6;
      if (high === ADVANCE) this.#address += low * common.codeAlignment;
      else if (high === OFFSET) this.rules.set(low, RULE.saved, cursor.uleb() * common.dataAlignment);
      else if (high === RESTORE) this.rules.restore(low, this.#initial);
      else this.#step(byte, common, cursor);
      if (this.#address > until) return;
      if (this.#address !== before) passed?.(before);
    }
  }

  #step(opcode: number, common: CommonEntry, cursor: CfiCursor): void {
    const { rules } = this;
    const scale = common.dataAlignment;
    switch (opcode) {
      case 0x00: // nop
      case 0x2d: // AARCH64_negate_ra_state: addresses are stripped of signatures in any case
      case 0x2c: // AARCH64_negate_ra_state_with_pc
        return;
      case 0x01: // set_loc
        this.#address = cursor.pointer(common.pointers);
        return;
      case 0x02: // advance_loc1, 2, 4
        this.#address += cursor.u8() * common.codeAlignment;
        return;
      case 0x03:
        this.#address += cursor.u16() * common.codeAlignment;
        return;
      case 0x04:
        this.#address += cursor.u32() * common.codeAlignment;
        return;
      case 0x05: // offset_extended
        return rules.set(cursor.uleb(), RULE.saved, cursor.uleb() * scale);
      case 0x06: // restore_extended
        return rules.restore(cursor.uleb(), this.#initial);
      case 0x07: // undefined
        return rules.set(cursor.uleb(), RULE.undefined, 0);
      case 0x08: // same_value
        return rules.set(cursor.uleb(), RULE.same, 0);
      case 0x09: // register
        return rules.set(cursor.uleb(), RULE.register, cursor.uleb());
      case 0x0a: // remember_state
        return this.#remember(cursor);
      case 0x0b: // restore_state
        return this.#recall(cursor);
      case 0x0c: // def_cfa
        return this.#cfa(cursor.uleb(), cursor.uleb(), cursor);
      case 0x0d: // def_cfa_register
        return this.#cfa(cursor.uleb(), rules.cfaValue, cursor);
      case 0x0e: // def_cfa_offset
        return this.#cfa(rules.cfaRegister, cursor.uleb(), cursor);
      case 0x0f: // def_cfa_expression
        rules.cfaValue = this.#expression(cursor);
        rules.cfaRegister = -1;
        return;
      case 0x10: // expression
        return rules.set(cursor.uleb(), RULE.savedAtExpression, this.#expression(cursor));
      case 0x11: // offset_extended_sf
        return rules.set(cursor.uleb(), RULE.saved, cursor.sleb() * scale);
      case 0x12: // def_cfa_sf
        return this.#cfa(cursor.uleb(), cursor.sleb() * scale, cursor);
      case 0x13: // def_cfa_offset_sf
        return this.#cfa(rules.cfaRegister, cursor.sleb() * scale, cursor);
      case 0x14: // val_offset
        return rules.set(cursor.uleb(), RULE.offset, cursor.uleb() * scale);
      case 0x15: // val_offset_sf
        return rules.set(cursor.uleb(), RULE.offset, cursor.sleb() * scale);
      case 0x16: // val_expression
        return rules.set(cursor.uleb(), RULE.expression, this.#expression(cursor));
      case 0x2e: // GNU_args_size
        cursor.uleb();
        return;
      case 0x2f: // GNU_negative_offset_extended
        return rules.set(cursor.uleb(), RULE.saved, -cursor.uleb() * scale);
      default:
        cursor.fail(`call frame instruction 0x${opcode.toString(16)} is not known`);
    }
  }

  #cfa(register: number, value: number, cursor: CfiCursor): void {
    if (register >= COLUMNS) cursor.fail(`the CFA is said to be in register ${register}`);
    if (value !== (value | 0)) cursor.fail(`the CFA is said to be ${value} bytes from a register`);
    this.rules.cfaRegister = register;
    this.rules.cfaValue = value;
  }

  #expression(cursor: CfiCursor): number {
    return this.#keep(cursor.take(cursor.uleb()));
  }

  #remember(cursor: CfiCursor): void {
    if (this.#depth === REMEMBERED) cursor.fail('too many states are remembered');
    this.#remembered[this.#depth] ??= new Rules();
    this.#remembered[this.#depth++]!.copyFrom(this.rules);
  }

  #recall(cursor: CfiCursor): void {
    if (this.#depth === 0) cursor.fail('a state is restored that was not remembered');
    this.rules.copyFrom(this.#remembered[--this.#depth]!);
  }
}
