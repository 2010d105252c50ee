/** The code of one function, made once for all programs that it is in as long as it fits its frame. */
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import type { IrFunction } from '../ir/ir.ts';
import { allocateRegisters } from './allocate.ts';
import { emitFunction, layOutFrame } from './emit.ts';
import { FramePlan, type Placement } from './frame.ts';
import { markLoops } from './loops.ts';
import { FLAG_BYTES, moveToScratch, type Scratch } from './scratch.ts';
import { select } from './select/select.ts';
import type { Isa } from './select/writer.ts';

export interface Code {
  readonly spec: FunctionSpec;
  /** Bytes of its frame. */
  readonly depth: number;
  readonly scratchBytes: number;
}

export class FunctionCode {
  readonly plan: FramePlan;
  readonly #fn: IrFunction;
  readonly #isa: Isa;
  /** With every slot in the frame. */
  #whole: Code | undefined;

  constructor(fn: IrFunction, isa: Isa) {
    this.#fn = fn;
    this.#isa = isa;
    this.plan = new FramePlan(fn);
  }

  /** Its frame has at most `limit` bytes, if that can be had by moving slots out of it. */
  get(limit: number, scratch: Scratch): Code {
    if (this.#whole && this.#whole.depth <= limit) return this.#whole;
    // Spill slots are known last: when they push the frame over its limit, more slots leave it.
    for (let budget = limit; ; ) {
      const flag = scratch.copies > 1 ? FLAG_BYTES : 0;
      const placement = this.plan.place(budget, scratch.used + flag);
      const code = this.#generate(placement, scratch);
      if (code.depth > limit && budget > 0) {
        budget = Math.max(0, Math.min(budget, placement.frame.bytes) - (code.depth - limit));
        continue;
      }
      if (placement.moved.size === 0) this.#whole = code;
      return code;
    }
  }

  #generate(placement: Placement, scratch: Scratch): Code {
    const placed = moveToScratch(this.#fn, placement.moved, scratch);
    const machine = allocateRegisters(markLoops(select(placed, placement.frame, this.#isa)));
    const frame = layOutFrame(machine.frame);
    const spec = emitFunction(machine, frame, this.#isa);
    const flag = scratch.copies > 1 && placement.moved.size > 0 ? FLAG_BYTES : 0;
    return { spec, depth: frame.depth, scratchBytes: placement.scratchBytes + flag };
  }
}
