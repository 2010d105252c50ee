/** Functions that one call uses, and very small ones, stand where they are called: calls cost more than what some do. */
import { callGraph } from '../call-graph.ts';
import type { Address, Block, BlockId, IrFunction, IrProgram, Located, Op, Operand, Reg } from '../ir.ts';
import { definition, mapAddresses, mapSuccessors, mapUses, withDefinition } from '../operands.ts';

/** Operations of a function that is copied to all its calls. */
const SMALL = 6;
/** And of one that is called once. In larger ones a call is little; and what programs share is compiled once. */
const ONCE = 150;
/** No function grows beyond so many operations by what is put into it: passes and verifiers look at functions as a whole. */
const LARGEST = 3000;

type CallOp = Located<Op & { readonly op: 'call' }>;

/** Functions that were made before: programs share those that they are made of. */
export class InlineMemory {
  readonly #made = new Map<IrFunction, { readonly of: readonly IrFunction[]; readonly fn: IrFunction }[]>();

  make(fn: IrFunction, callees: ReadonlyMap<string, IrFunction>): IrFunction {
    const of = [...callees.values()];
    const known = this.#made.get(fn) ?? [];
    const same = known.find((one) => one.of.length === of.length && one.of.every((callee, i) => callee === of[i]));
    if (same) return same.fn;
    const made = new Inliner(fn, callees).run();
    this.#made.set(fn, [...known, { of, fn: made }]);
    return made;
  }
}

export function inlineCalls(program: IrProgram, memory = new InlineMemory()): IrProgram {
  const { bottomUp } = callGraph(program);
  const calls = countCalls(bottomUp);
  const done = new Map<string, IrFunction>();
  for (const fn of bottomUp) {
    let size = sizeOf(fn);
    const callees = new Map<string, IrFunction>();
    for (const { name } of callsOf(fn)) {
      const callee = done.get(name)!;
      const isSmall = callee.blocks.length === 1 && sizeOf(callee) <= SMALL;
      const isOnce = calls.get(name) === 1 && sizeOf(callee) <= ONCE;
      if (callee.isGlobal || !(isSmall || isOnce) || size + sizeOf(callee) > LARGEST) continue;
      size += sizeOf(callee);
      callees.set(name, callee);
    }
    done.set(fn.name, callees.size === 0 ? fn : memory.make(fn, callees));
  }
  const whole = { ...program, functions: program.functions.flatMap((fn) => done.get(fn.name) ?? []) };
  const { bottomUp: reached } = callGraph(whole);
  return { ...whole, functions: whole.functions.filter((fn) => reached.includes(fn)) };
}

const sizeOf = ({ blocks }: IrFunction): number => blocks.reduce((sum, { ops }) => sum + ops.length + 1, 0);

const callsOf = ({ blocks }: IrFunction): CallOp[] =>
  blocks.flatMap(({ ops }) => ops.filter((op): op is CallOp => op.op === 'call'));

/** Places that call a function; those that the kernel calls have more than one. */
function countCalls(functions: readonly IrFunction[]): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  for (const { blocks } of functions) {
    for (const { ops } of blocks) {
      for (const op of ops) {
        if (op.op !== 'call' && op.op !== 'functionAddress') continue;
        calls.set(op.name, op.op === 'call' ? (calls.get(op.name) ?? 0) + 1 : Number.POSITIVE_INFINITY);
      }
    }
  }
  return calls;
}

type Growing = { id: BlockId; ops: Located<Op>[]; end?: NonNullable<Block['end']> };

class Inliner {
  readonly #fn: IrFunction;
  readonly #callees: ReadonlyMap<string, IrFunction>;
  readonly #blocks: Growing[] = [];
  readonly #slots: IrFunction['slots'][number][];
  #registers: number;

  constructor(fn: IrFunction, callees: ReadonlyMap<string, IrFunction>) {
    this.#fn = fn;
    this.#callees = callees;
    this.#slots = [...fn.slots];
    this.#registers = fn.registers;
  }

  run(): IrFunction {
    // Blocks keep their numbers; what a call is replaced by, and what comes behind it, follow them.
    for (const { id } of this.#fn.blocks) this.#blocks.push({ id, ops: [] });
    for (const { id, ops, end } of this.#fn.blocks) {
      let at = this.#blocks[id]!;
      for (const op of ops) {
        const callee = op.op === 'call' ? this.#callees.get(op.name) : undefined;
        if (callee) at = this.#insert(op as CallOp, callee, at);
        else at.ops.push(op);
      }
      at.end = end!;
    }
    return { ...this.#fn, blocks: this.#blocks as Block[], slots: this.#slots, registers: this.#registers };
  }

  #newBlock(): Growing {
    const block: Growing = { id: this.#blocks.length, ops: [] };
    this.#blocks.push(block);
    return block;
  }

  /** Puts the callee behind `at`; gives the block where its caller goes on. */
  #insert(call: CallOp, callee: IrFunction, at: Growing): Growing {
    const registers = this.#registers;
    const slots = callee.slots.map((slot, i) => ({ ...slot, id: this.#slots.length + i }));
    const blocks = callee.blocks.map(() => this.#newBlock());
    const after = this.#newBlock();
    this.#registers += callee.registers;
    this.#slots.push(...slots);
    const own = (reg: Reg): Reg => ({ kind: 'reg', id: registers + reg.id });
    const source = call.source && { source: call.source };
    callee.parameters.forEach((parameter, i) => {
      at.ops.push({ op: 'mov', dst: own(parameter), src: call.args[i]!, ...source });
    });
    // A call in a loop begins with nothing in its frame.
    for (const slot of slots) at.ops.push({ op: 'fresh', slot });
    at.end = { op: 'jump', to: blocks[0]!.id };
    for (const { id, ops, end } of callee.blocks) {
      const block = blocks[id]!;
      block.ops.push(...ops.map((op) => moved(op, own, slots)));
      const last = mapSuccessors(mapUses(end!, own), (to) => blocks[to]!.id);
      if (last.op === 'return') {
        if (call.dst) block.ops.push({ op: 'mov', dst: call.dst, src: last.value, ...source });
        block.end = { op: 'jump', to: after.id };
      } else block.end = last;
    }
    return after;
  }
}

/** The operation with registers and slots of its new function. */
function moved(op: Located<Op>, own: (reg: Reg) => Reg, slots: IrFunction['slots']): Located<Op> {
  if (op.op === 'fresh') return { ...op, slot: slots[op.slot.id]! };
  const used = mapUses<Located<Op>>(op, own as (reg: Reg) => Operand);
  const placed = mapAddresses<Located<Op>>(
    used,
    (address): Address => ('kind' in address.base ? address : { ...address, base: slots[address.base.id]! }),
  );
  const dst = definition(placed);
  return dst ? ({ ...withDefinition(placed, own(dst)) } as Located<Op>) : placed;
}
