/** Writes instructions whose jumps name labels, and turns labels into offsets at the end. */
import { PebbleError } from '../../base/errors.ts';
import { slotsOf } from './encode.ts';
import type { Instruction } from './instruction.ts';

/** A place among the instructions; made before it is known where it will be. */
export class Label {
  slot: number | undefined;
}

export class Assembler {
  readonly #insns: Instruction[] = [];
  /** The jumps to patch: index of the instruction, its slot, where it goes. */
  readonly #jumps: { index: number; slot: number; target: Label }[] = [];
  #slots = 0;

  /** Slots written until now. */
  get slots(): number {
    return this.#slots;
  }

  emit(...insns: readonly Instruction[]): void {
    for (const insn of insns) {
      this.#insns.push(insn);
      this.#slots += slotsOf(insn);
    }
  }

  /** A jump; its offset is filled in by `finish`. */
  emitJump(insn: Instruction, target: Label): void {
    this.#jumps.push({ index: this.#insns.length, slot: this.#slots, target });
    this.emit(insn);
  }

  /** The next instruction is where the label stands. */
  place(label: Label): void {
    if (label.slot !== undefined) throw new PebbleError('internal', { what: 'a label is placed twice' });
    label.slot = this.#slots;
  }

  finish(): Instruction[] {
    for (const { index, slot, target } of this.#jumps) {
      if (target.slot === undefined) throw new PebbleError('internal', { what: `the jump at ${slot} goes nowhere` });
      this.#insns[index] = { ...this.#insns[index]!, offset: target.slot - slot - 1 };
    }
    this.#jumps.length = 0;
    return this.#insns;
  }
}
