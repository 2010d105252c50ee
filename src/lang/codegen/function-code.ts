/** The code of one function, made once for all programs that it is in as long as it fits its frame. */
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import type { IrFunction } from '../ir/ir.ts';
import { allocateRegisters } from './allocate.ts';
import { emitFunction, layOutFrame } from './emit.ts';
import { FramePlan, type Placement } from './frame.ts';
import { markLoops } from './loops.ts';
import { moveToScratch } from './scratch.ts';
import { select } from './select/select.ts';
import type { Isa } from './select/writer.ts';

export interface Code {
  readonly spec: FunctionSpec;
  /** Bytes of its frame. */
  readonly depth: number;
  readonly scratchBytes: number;
}

/** Where slots go that have to leave the frame. */
export interface Scratch {
  readonly map: string;
  /** Bytes of its value that others have. */
  readonly used: number;
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
      const placement = this.plan.place(budget, scratch.used);
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
    const placed = moveToScratch(this.#fn, placement.moved, scratch.map);
    const machine = allocateRegisters(markLoops(select(placed, placement.frame, this.#isa)));
    const frame = layOutFrame(machine.frame);
    const spec = emitFunction(machine, frame, this.#isa);
    return { spec, depth: frame.depth, scratchBytes: placement.scratchBytes };
  }
}
