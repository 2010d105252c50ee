/** Null checks that cannot fail go: behind an earlier check, on addresses, and in functions that are never passed null. */
import { callGraph } from '../call-graph.ts';
import { dominance } from '../dominators.ts';
import type { Block, BlockId, IrFunction, IrProgram, Op, Operand, Terminator } from '../ir.ts';
import { definition, successors } from '../operands.ts';
import { countDefinitions } from './definitions.ts';
import { predecessorsOf } from './order.ts';

/** Calls with what is known of their arguments. */
type Calls = readonly { readonly name: string; readonly args: readonly boolean[] }[];
interface Checked {
  readonly fn: IrFunction;
  readonly calls: Calls;
}

/** Functions that were looked at before, by what was known of their parameters. */
export class NullCheckMemory {
  readonly #known = new Map<IrFunction, Map<string, Checked>>();

  check(fn: IrFunction, parameters: readonly boolean[]): Checked {
    const variants = this.#known.get(fn) ?? new Map<string, Checked>();
    this.#known.set(fn, variants);
    const key = parameters.join();
    const checked = variants.get(key) ?? new NullChecks(fn, parameters).run();
    variants.set(key, checked);
    return checked;
  }
}

/** Expects blocks in the order of `orderBlocks`; leaves unreachable blocks behind. */
export function removeNullChecks(program: IrProgram, memory = new NullCheckMemory()): IrProgram {
  const { bottomUp } = callGraph(program);
  /** By function: which parameters no call passes null for; absent before the first call is seen. */
  const parameters = new Map<string, readonly boolean[]>();
  for (const name of callbacks(program)) parameters.set(name, []);
  const done = new Map<IrFunction, IrFunction>();
  for (const fn of bottomUp.toReversed()) {
    const checked = memory.check(fn, parameters.get(fn.name) ?? []);
    done.set(fn, checked.fn);
    for (const { name, args } of checked.calls) {
      const before = parameters.get(name);
      parameters.set(name, before ? before.map((known, i) => known && args[i] === true) : args);
    }
  }
  return { ...program, functions: program.functions.flatMap((fn) => done.get(fn) ?? []) };
}

/** Functions that the kernel calls, with what it likes. */
function callbacks(program: IrProgram): Set<string> {
  const names = new Set<string>([program.functions[0]!.name]);
  for (const fn of program.functions)
    for (const { ops } of fn.blocks) for (const op of ops) if (op.op === 'functionAddress') names.add(op.name);
  return names;
}

/** What is known at one point of registers with many definitions. */
interface State {
  readonly notZero: Set<number>;
  /** By register: the one that it is a copy of, whatever their definitions. */
  readonly copies: Map<number, number>;
}

class NullChecks {
  readonly #calls: Calls[number][] = [];
  readonly #fn: IrFunction;
  readonly #definitions: Uint8Array;
  readonly #dominates: (a: BlockId, b: BlockId) => boolean;
  /** Blocks from which on a register with one definition is known not to be 0. */
  readonly #from = new Map<number, BlockId[]>();
  /** At the ends of the blocks so far. */
  readonly #atEnd: State[] = [];
  /** How they end, with what could be decided. */
  readonly #ends: Terminator[] = [];
  /** Registers that some other one was ever a copy of. */
  readonly #copied: Uint8Array;
  #here: State = { notZero: new Set(), copies: new Map() };

  constructor(fn: IrFunction, parameters: readonly boolean[]) {
    this.#fn = fn;
    this.#definitions = countDefinitions(fn);
    this.#dominates = dominance(fn);
    this.#copied = new Uint8Array(fn.registers);
    fn.parameters.forEach((parameter, i) => {
      if (parameters[i]) this.#learn(parameter.id, 0);
    });
  }

  run(): Checked {
    const before = predecessorsOf(this.#fn);
    const blocks = this.#fn.blocks.map((block) => {
      // Ways that a decided branch does not take any more say nothing.
      const ways = before[block.id]!.filter((b) => b >= block.id || successors(this.#ends[b]!).includes(block.id));
      const isReached = block.id === 0 || ways.length > 0;
      this.#enter(block, ways);
      if (isReached) for (const op of block.ops) this.#op(op, block.id);
      this.#atEnd.push(this.#here);
      const end: Terminator = isReached ? this.#decide(block.end!, block.id) : { op: 'return', value: NULL };
      this.#ends.push(end);
      return { ...block, ops: isReached ? block.ops : [], end };
    });
    return { fn: { ...this.#fn, blocks }, calls: this.#calls };
  }

  #enter(block: Block, before: readonly BlockId[]): void {
    const [only, second] = before;
    if (only !== undefined && second === undefined && only < block.id) return this.#enterFrom(only, block.id);
    // What happens in a loop is not known yet at its head.
    const isLoop = before.some((b) => b >= block.id);
    let notZero = new Set<number>(isLoop || only === undefined ? [] : this.#onEdge(only, block.id));
    for (const other of before.slice(1)) {
      if (notZero.size === 0) break;
      notZero = notZero.intersection(this.#onEdge(other, block.id));
    }
    this.#here = { notZero, copies: new Map() };
  }

  /** The only way in. */
  #enterFrom(only: BlockId, block: BlockId): void {
    const { notZero, copies } = this.#atEnd[only]!;
    const known = this.#branchKnows(only, block);
    this.#here = { notZero: new Set(notZero), copies: new Map(copies) };
    for (const reg of known) {
      this.#here.notZero.add(reg);
      this.#learn(reg, block);
    }
  }

  #onEdge(from: BlockId, to: BlockId): ReadonlySet<number> {
    const { notZero } = this.#atEnd[from]!;
    const more = this.#branchKnows(from, to);
    return more.length === 0 ? notZero : notZero.union(new Set(more));
  }

  /** The register that a branch has compared, what it is a copy of, and copies of it. */
  #branchKnows(from: BlockId, to: BlockId): number[] {
    const end = this.#ends[from]!;
    const reg = end.op === 'branch' && end.then !== end.else ? notZero(end, end.then === to) : undefined;
    if (reg === undefined) return [];
    const { copies } = this.#atEnd[from]!;
    const original = copies.get(reg);
    const same = original === undefined ? [reg] : [reg, original];
    if (original === undefined && this.#copied[reg] === 0) return same;
    copies.forEach((of, copy) => {
      if (of === reg || of === original) same.push(copy);
    });
    return same;
  }

  #op(op: Op, block: BlockId): void {
    if (op.op === 'call') this.#calls.push({ name: op.name, args: op.args.map((arg) => this.#isKnown(arg, block)) });
    const dst = definition(op);
    if (!dst) return;
    this.#here.notZero.delete(dst.id);
    this.#copy(op, dst.id);
    if (isAddress(op) || this.#isKnown(originOf(op), block)) this.#learn(dst.id, block);
  }

  #copy(op: Op, dst: number): void {
    const { copies } = this.#here;
    copies.delete(dst);
    if (this.#copied[dst] === 1) for (const [copy, of] of copies) if (of === dst) copies.delete(copy);
    if (op.op !== 'mov' || op.width === 32 || op.src.kind !== 'reg' || op.src.id === dst) return;
    const original = copies.get(op.src.id) ?? op.src.id;
    copies.set(dst, original);
    this.#copied[original] = 1;
  }

  #learn(reg: number, from: BlockId): void {
    if (this.#definitions[reg] !== 1) this.#here.notZero.add(reg);
    else if (this.#from.has(reg)) this.#from.get(reg)!.push(from);
    else this.#from.set(reg, [from]);
  }

  #isKnown(operand: Operand, block: BlockId): boolean {
    if (operand.kind === 'imm') return operand.value !== 0n;
    if (this.#here.notZero.has(operand.id)) return true;
    return this.#from.get(operand.id)?.some((from) => this.#dominates(from, block)) ?? false;
  }

  #decide(end: Terminator, block: BlockId): Terminator {
    if (end.op !== 'branch' || end.width !== 64 || end.a.kind !== 'reg' || !isZero(end.b)) return end;
    if ((end.cmp !== 'eq' && end.cmp !== 'ne') || !this.#isKnown(end.a, block)) return end;
    return { op: 'jump', to: end.cmp === 'ne' ? end.then : end.else };
  }
}

const isZero = (operand: Operand): boolean => operand.kind === 'imm' && operand.value === 0n;

/** The register that cannot be 0 where a branch went this way. */
function notZero({ cmp, a, b, width }: Terminator & { op: 'branch' }, taken: boolean): number | undefined {
  if (a.kind !== 'reg' || width !== 64 || !isZero(b)) return undefined;
  return (taken ? cmp === 'ne' || cmp === 'ugt' : cmp === 'eq' || cmp === 'ule') ? a.id : undefined;
}

const NULL: Operand = { kind: 'imm', value: 0n };

/** What the result is a copy of, or lies behind. */
function originOf(op: Op): Operand {
  if (op.op === 'mov' && op.width !== 32) return op.src;
  return op.op === 'addressOf' && 'kind' in op.of.base ? op.of.base : NULL;
}

function isAddress(op: Op): boolean {
  return (
    op.op === 'mapValue' ||
    op.op === 'map' ||
    op.op === 'functionAddress' ||
    (op.op === 'addressOf' && !('kind' in op.of.base))
  );
}
