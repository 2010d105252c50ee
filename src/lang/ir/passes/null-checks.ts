/** Null checks that cannot fail go: behind an earlier check, on addresses, and in functions that are never passed null. */
import { callGraph } from '../call-graph.ts';
import { dominance } from '../dominators.ts';
import type { Block, BlockId, IrFunction, IrProgram, Op, Operand, Terminator } from '../ir.ts';
import { definition } from '../operands.ts';
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

class NullChecks {
  readonly #calls: Calls[number][] = [];
  readonly #fn: IrFunction;
  readonly #definitions: Uint8Array;
  readonly #dominates: (a: BlockId, b: BlockId) => boolean;
  /** Blocks from which on a register with one definition is known not to be 0. */
  readonly #from = new Map<number, BlockId[]>();
  /** Registers with many definitions that are not 0 here. */
  #local = new Set<number>();

  constructor(fn: IrFunction, parameters: readonly boolean[]) {
    this.#fn = fn;
    this.#definitions = countDefinitions(fn);
    this.#dominates = dominance(fn);
    fn.parameters.forEach((parameter, i) => {
      if (parameters[i]) this.#learn(parameter.id, 0);
    });
  }

  run(): Checked {
    const before = predecessorsOf(this.#fn);
    const atEnd: ReadonlySet<number>[] = [];
    const blocks = this.#fn.blocks.map((block) => {
      this.#enter(block, before[block.id]!, atEnd);
      for (const op of block.ops) this.#op(op, block.id);
      atEnd.push(this.#local);
      return { ...block, end: this.#decide(block.end!, block.id) };
    });
    return { fn: { ...this.#fn, blocks }, calls: this.#calls };
  }

  #enter(block: Block, before: readonly BlockId[], atEnd: readonly ReadonlySet<number>[]): void {
    const [only, second] = before;
    const isSingle = only !== undefined && second === undefined && only < block.id;
    this.#local = new Set(isSingle ? atEnd[only] : []);
    if (!isSingle) return;
    const end = this.#fn.blocks[only]!.end!;
    const known = end.op === 'branch' && end.then !== end.else ? notZero(end, end.then === block.id) : undefined;
    if (known !== undefined) this.#learn(known, block.id);
  }

  #op(op: Op, block: BlockId): void {
    if (op.op === 'call') this.#calls.push({ name: op.name, args: op.args.map((arg) => this.#isKnown(arg, block)) });
    const dst = definition(op);
    if (!dst) return;
    this.#local.delete(dst.id);
    if (isAddress(op) || (op.op === 'mov' && op.width !== 32 && this.#isKnown(op.src, block)))
      this.#learn(dst.id, block);
  }

  #learn(reg: number, from: BlockId): void {
    if (this.#definitions[reg] !== 1) this.#local.add(reg);
    else if (this.#from.has(reg)) this.#from.get(reg)!.push(from);
    else this.#from.set(reg, [from]);
  }

  #isKnown(operand: Operand, block: BlockId): boolean {
    if (operand.kind === 'imm') return operand.value !== 0n;
    if (this.#local.has(operand.id)) return true;
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

function isAddress(op: Op): boolean {
  return (
    op.op === 'mapValue' ||
    op.op === 'map' ||
    op.op === 'functionAddress' ||
    (op.op === 'addressOf' && !('kind' in op.of.base))
  );
}
