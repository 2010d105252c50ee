/**
 * For kernels with bpf_loop and without may_goto (Linux 6.7 and 6.8; the verifiers before look at one round only): bodies of guarded loops become functions that it
 * calls. What they share with the function around them is in its frame: which way the loop was left, the registers
 * that go in or come out, the addresses of slots.
 */
import { BitRows, solve } from '../dataflow.ts';
import type { Address, Block, BlockId, IrFunction, Located, Op, Reg, Slot, Terminator } from '../ir.ts';
import {
  definition,
  forEachAddress,
  forEachUse,
  mapAddresses,
  mapSuccessors,
  slotOf,
  successors,
} from '../operands.ts';
import { orderBlocks, predecessorsOf } from './order.ts';

/** BPF_MAX_LOOPS (linux/bpf_verifier.h). */
const MOST_ROUNDS = 1 << 23;
const WORD = 8;

interface Loop {
  readonly header: BlockId;
  readonly blocks: ReadonlySet<BlockId>;
}

/** The function, and those that its loops have become. */
export function callLoops(fn: IrFunction): IrFunction[] {
  if (!fn.blocks.some(isGuarded)) return [fn];
  const callbacks: IrFunction[] = [];
  let outer = orderBlocks(fn);
  for (let loop = innermostGuarded(outer); loop; loop = innermostGuarded(outer)) {
    const outlined = new Outliner(outer, loop, `${fn.name}.loop${callbacks.length}`);
    callbacks.push(outlined.callback());
    outer = orderBlocks(outlined.caller());
  }
  return [withoutGuards(outer), ...callbacks];
}

const isGuarded = ({ end }: Block): boolean => end!.op === 'guard';

/** A guard that no way leads back to. */
function withoutGuards(fn: IrFunction): IrFunction {
  return { ...fn, blocks: fn.blocks.map((block) => ({ ...block, end: unguarded(block.end!) })) };
}

function unguarded(end: Located<Terminator>): Located<Terminator> {
  return end.op === 'guard' ? { op: 'jump', to: end.then, ...(end.source && { source: end.source }) } : end;
}

/** In the order of orderBlocks only edges that go back lead to an earlier block. */
function innermostGuarded(fn: IrFunction): Loop | undefined {
  const before = predecessorsOf(fn);
  const loops = fn.blocks.flatMap(({ id: header }) => {
    const latches = before[header]!.filter((block) => block >= header);
    return latches.length === 0 ? [] : [{ header, blocks: bodyOf(before, header, latches) }];
  });
  const guarded = loops.filter(({ blocks }) => [...blocks].some((block) => isGuarded(fn.blocks[block]!)));
  return guarded.sort((a, b) => a.blocks.size - b.blocks.size)[0];
}

function bodyOf(before: readonly BlockId[][], header: BlockId, latches: readonly BlockId[]): Set<BlockId> {
  const body = new Set([header]);
  const work = [...latches];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (body.has(block)) continue;
    body.add(block);
    work.push(...before[block]!);
  }
  return body;
}

class Outliner {
  readonly #fn: IrFunction;
  readonly #loop: Loop;
  readonly #name: string;
  readonly #isLive: (block: BlockId, register: number) => boolean;
  /** Where the loop may be left to. */
  readonly #exits: readonly BlockId[];
  readonly #entering: readonly number[];
  readonly #leaving: readonly number[];
  readonly #slots: readonly Slot[];
  readonly #shared: Slot;

  constructor(fn: IrFunction, loop: Loop, name: string) {
    this.#fn = fn;
    this.#loop = loop;
    this.#name = name;
    this.#isLive = liveness(fn);
    const body = this.#body();
    this.#exits = [...new Set(body.flatMap(({ end }) => successors(end!)).filter((to) => !loop.blocks.has(to)))];
    const { touched, defined } = registersOf(body);
    this.#entering = [...touched].filter((id) => this.#isLive(loop.header, id));
    this.#leaving = [...defined].filter((id) => [loop.header, ...this.#exits].some((block) => this.#isLive(block, id)));
    this.#slots = slotsOf(body);
    const words = 1 + this.#kept().length + this.#slots.length;
    this.#shared = { id: fn.slots.length, name: 'loop', size: words * WORD, align: 8, place: 'frame' };
  }

  #body(): Block[] {
    return [...this.#loop.blocks].sort((a, b) => a - b).map((id) => this.#fn.blocks[id]!);
  }

  /** Registers with a word of their own. */
  #kept(): number[] {
    return [...new Set([...this.#entering, ...this.#leaving])];
  }

  #wordOf(register: number): number {
    return (1 + this.#kept().indexOf(register)) * WORD;
  }

  #wordOfSlot(index: number): number {
    return (1 + this.#kept().length + index) * WORD;
  }

  #leavingTo(block: BlockId): number[] {
    return this.#leaving.filter((id) => this.#isLive(block, id));
  }

  /** fn(index, shared): 0 goes on, 1 stops. */
  callback(): IrFunction {
    const first = this.#fn.registers;
    const [index, shared] = [reg(first), reg(first + 1)];
    const at = (offset: number): Address => ({ base: shared, offset });
    const bases = new Map(this.#slots.map((slot, i) => [slot, reg(first + 2 + i)]));
    const body = this.#body();
    const number = new Map(body.map(({ id }, i) => [id, i + 1]));
    const ways = [this.#loop.header, ...this.#exits];
    const entry: Op[] = [
      ...this.#entering.map((id) => load(reg(id), at(this.#wordOf(id)))),
      ...this.#slots.map((slot, i) => load(bases.get(slot)!, at(this.#wordOfSlot(i)))),
    ];
    const place = (address: Address): Address => {
      const base = bases.get(slotOf(address)!);
      return base ? { base, offset: address.offset } : address;
    };
    const goTo = (to: BlockId): BlockId =>
      to !== this.#loop.header && this.#loop.blocks.has(to) ? number.get(to)! : body.length + 1 + ways.indexOf(to);
    const leave = (to: BlockId, way: number): Block => ({
      id: body.length + 1 + way,
      ops: [
        ...(way === 0 ? [] : [store(at(0), imm(way - 1))]),
        ...this.#leavingTo(to).map((id) => store(at(this.#wordOf(id)), reg(id))),
      ],
      end: { op: 'return', value: imm(way === 0 ? 0 : 1) },
    });
    return {
      name: this.#name,
      parameters: [index, shared],
      slots: [],
      registers: first + 2 + this.#slots.length,
      blocks: [
        { id: 0, ops: entry, end: { op: 'jump', to: number.get(this.#loop.header)! } },
        ...body.map(({ id, ops, end }) => ({
          id: number.get(id)!,
          ops: ops.map((op) => mapAddresses(op, place)),
          end: mapSuccessors(unguarded(end!), goTo),
        })),
        ...ways.map(leave),
      ],
    };
  }

  /** The function with a call in place of the loop, whose blocks nothing leads to any more. */
  caller(): IrFunction {
    const { blocks, slots, registers } = this.#fn;
    const call = blocks.length;
    const enter = (to: BlockId): BlockId => (to === this.#loop.header ? call : to);
    const outside = blocks.map((block) =>
      this.#loop.blocks.has(block.id) ? block : { ...block, end: mapSuccessors(block.end!, enter) },
    );
    return {
      ...this.#fn,
      slots: [...slots, this.#shared],
      registers: registers + 3 + this.#slots.length,
      blocks: [...outside, ...this.#callBlocks(call)],
    };
  }

  #callBlocks(first: BlockId): Block[] {
    const { registers } = this.#fn;
    const [shared, callback, way] = [reg(registers), reg(registers + 1), reg(registers + 2)];
    const at = (offset: number): Address => ({ base: this.#shared, offset });
    const source = this.#source();
    const ops: Op[] = [
      store(at(0), imm(this.#exits.indexOf(this.#whenExhausted()))),
      ...this.#kept().map((id) => store(at(this.#wordOf(id)), this.#entering.includes(id) ? reg(id) : imm(0))),
      ...this.#slots.flatMap((slot, i): Op[] => {
        const pointer = reg(registers + 3 + i);
        return [
          { op: 'addressOf', dst: pointer, of: { base: slot, offset: 0 } },
          store(at(this.#wordOfSlot(i)), pointer),
        ];
      }),
      { op: 'addressOf', dst: shared, of: at(0) },
      { op: 'functionAddress', dst: callback, name: this.#name },
      { op: 'helper', name: 'loop', args: [imm(MOST_ROUNDS), callback, shared, imm(0)] },
      load(way, at(0)),
    ];
    const tests = this.#exits.length - 1;
    const leave = (exit: number): BlockId => first + Math.max(1, tests) + exit;
    const last: Terminator = { op: 'jump', to: leave(0) };
    // One block a test: the first stands behind the call.
    const test = (exit: number): Terminator => ({
      ...{ op: 'branch', cmp: 'eq', a: way, b: imm(exit), width: 64, then: leave(exit) },
      else: exit + 1 < tests ? first + exit + 1 : leave(exit + 1),
    });
    return [
      { id: first, ops: ops.map((op) => ({ ...op, ...source })), end: tests === 0 ? last : test(0) },
      ...Array.from({ length: Math.max(0, tests - 1) }, (_, i) => ({ id: first + 1 + i, ops: [], end: test(i + 1) })),
      ...this.#exits.map((to, exit): Block => {
        const loads = this.#leavingTo(to).map((id) => load(reg(id), at(this.#wordOf(id))));
        return { id: leave(exit), ops: loads, end: { op: 'jump', to } };
      }),
    ];
  }

  #guard(): Located<Terminator & { op: 'guard' }> {
    return this.#body().flatMap(({ end }) => (end!.op === 'guard' ? [end] : []))[0]!;
  }

  #whenExhausted(): BlockId {
    const { else: to } = this.#guard();
    return this.#exits.includes(to) ? to : this.#exits[0]!;
  }

  #source(): Pick<Located<Op>, 'source'> {
    const { source } = this.#guard();
    return source ? { source } : {};
  }
}

const reg = (id: number): Reg => ({ kind: 'reg', id });
const imm = (value: number) => ({ kind: 'imm', value: BigInt(value) }) as const;
const load = (dst: Reg, from: Address): Op => ({ op: 'load', dst, from, size: WORD, signed: false });
const store = (to: Address, src: Reg | ReturnType<typeof imm>): Op => ({ op: 'store', to, size: WORD, src });

function registersOf(blocks: readonly Block[]): { touched: Set<number>; defined: Set<number> } {
  const touched = new Set<number>();
  const defined = new Set<number>();
  for (const { ops, end } of blocks) {
    for (const op of ops) {
      forEachUse(op, ({ id }) => touched.add(id));
      const dst = definition(op);
      if (dst) defined.add(dst.id);
    }
    forEachUse(end!, ({ id }) => touched.add(id));
  }
  return { touched: new Set([...touched, ...defined]), defined };
}

function slotsOf(blocks: readonly Block[]): Slot[] {
  const slots = new Set<Slot>();
  for (const op of blocks.flatMap(({ ops }) => ops)) {
    forEachAddress(op, (address) => {
      const slot = slotOf(address);
      if (slot) slots.add(slot);
    });
  }
  return [...slots];
}

/** Whether a register is read from the start of a block on, before it is written. */
function liveness(fn: IrFunction): (block: BlockId, register: number) => boolean {
  const use = new BitRows(fn.blocks.length, fn.registers);
  const def = new BitRows(fn.blocks.length, fn.registers);
  for (const { id, ops, end } of fn.blocks) {
    const read = (register: Reg) => {
      if (!def.has(id, register.id)) use.add(id, register.id);
    };
    for (const op of ops) {
      forEachUse(op, read);
      const dst = definition(op);
      if (dst) def.add(id, dst.id);
    }
    forEachUse(end!, read);
  }
  const next = fn.blocks.map(({ end }) => successors(end!));
  const { near } = solve({ next, direction: 'backward' }, fn.registers, use, def);
  return (block, register) => near.has(block, register);
}
