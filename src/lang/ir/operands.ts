/** What an operation reads and writes: the one place that passes and the code generator ask. */
import type { Address, BlockId, Op, Operand, Reg, Slot, Terminator } from './ir.ts';

export function definition(op: Op): Reg | undefined {
  switch (op.op) {
    case 'store':
    case 'copy':
    case 'zero':
    case 'fresh':
      return undefined;
    case 'atomic':
      return op.fetch;
    default:
      return op.dst;
  }
}

/** The same operation with its result in another register. */
export function withDefinition(op: Op, dst: Reg): Op {
  switch (op.op) {
    case 'store':
    case 'copy':
    case 'zero':
    case 'fresh':
      return op;
    case 'atomic':
      return { ...op, fetch: dst };
    default:
      return { ...op, dst };
  }
}

/** No closures here: it is called a million times for a large script. */
export function forEachUse(node: Op | Terminator, visit: (reg: Reg) => void): void {
  switch (node.op) {
    case 'mov':
    case 'neg':
    case 'extend':
    case 'byteswap':
      return visitOperand(node.src, visit);
    case 'binary':
    case 'branch':
      visitOperand(node.a, visit);
      return visitOperand(node.b, visit);
    case 'load':
      return visitBase(node.from, visit);
    case 'store':
      visitBase(node.to, visit);
      return visitOperand(node.src, visit);
    case 'atomic':
      visitBase(node.at, visit);
      visit(node.src);
      if (node.expected) visit(node.expected);
      return;
    case 'copy':
      visitBase(node.to, visit);
      return visitBase(node.from, visit);
    case 'zero':
      return visitBase(node.at, visit);
    case 'addressOf':
      return visitBase(node.of, visit);
    case 'helper':
    case 'kfunc':
    case 'call':
      for (const arg of node.args) visitOperand(arg, visit);
      return;
    case 'return':
      return visitOperand(node.value, visit);
    case 'fresh':
    case 'map':
    case 'mapValue':
    case 'functionAddress':
    case 'kernelSymbol':
    case 'jump':
    case 'guard':
      return;
  }
}

function visitOperand(operand: Operand, visit: (reg: Reg) => void): void {
  if (operand.kind === 'reg') visit(operand);
}

function visitBase({ base }: Address, visit: (reg: Reg) => void): void {
  if ('kind' in base) visit(base);
}

/** `null` keeps the register; an immediate is ignored where only a register can stand. */
export type Replace = (reg: Reg) => Operand | null;

/** The node with its read registers replaced; the same object if nothing changed. */
export function mapUses<T extends Op | Terminator>(node: T, replace: Replace): T;
export function mapUses(node: Op | Terminator, replace: Replace): Op | Terminator {
  switch (node.op) {
    case 'mov':
    case 'neg':
    case 'extend':
    case 'byteswap': {
      const src = operandBy(node.src, replace);
      return src === node.src ? node : { ...node, src };
    }
    case 'binary':
    case 'branch': {
      const a = operandBy(node.a, replace);
      const b = operandBy(node.b, replace);
      return a === node.a && b === node.b ? node : { ...node, a, b };
    }
    case 'load': {
      const from = placeBy(node.from, replace);
      return from === node.from ? node : { ...node, from };
    }
    case 'store': {
      const to = placeBy(node.to, replace);
      const src = operandBy(node.src, replace);
      return to === node.to && src === node.src ? node : { ...node, to, src };
    }
    case 'atomic': {
      const at = placeBy(node.at, replace);
      const src = registerBy(node.src, replace);
      if (!node.expected) return at === node.at && src === node.src ? node : { ...node, at, src };
      const expected = registerBy(node.expected, replace);
      if (at === node.at && src === node.src && expected === node.expected) return node;
      return { ...node, at, src, expected };
    }
    case 'copy': {
      const to = placeBy(node.to, replace);
      const from = placeBy(node.from, replace);
      return to === node.to && from === node.from ? node : { ...node, to, from };
    }
    case 'zero': {
      const at = placeBy(node.at, replace);
      return at === node.at ? node : { ...node, at };
    }
    case 'addressOf': {
      const of = placeBy(node.of, replace);
      return of === node.of ? node : { ...node, of };
    }
    case 'helper':
    case 'kfunc':
    case 'call': {
      const args = node.args.map((arg) => operandBy(arg, replace));
      return args.some((arg, i) => arg !== node.args[i]) ? { ...node, args } : node;
    }
    case 'return': {
      const value = operandBy(node.value, replace);
      return value === node.value ? node : { ...node, value };
    }
    case 'fresh':
    case 'map':
    case 'mapValue':
    case 'functionAddress':
    case 'kernelSymbol':
    case 'jump':
    case 'guard':
      return node;
  }
}

function operandBy(operand: Operand, replace: Replace): Operand {
  return operand.kind === 'reg' ? (replace(operand) ?? operand) : operand;
}

function registerBy(reg: Reg, replace: Replace): Reg {
  const by = replace(reg);
  return by?.kind === 'reg' ? by : reg;
}

function placeBy(address: Address, replace: Replace): Address {
  if (!('kind' in address.base)) return address;
  const base = registerBy(address.base, replace);
  return base === address.base ? address : { base, offset: address.offset };
}

/** Memory that an operation names directly (not through a pointer argument of a call). */
export function forEachAddress(op: Op, visit: (address: Address) => void): void {
  switch (op.op) {
    case 'load':
      return visit(op.from);
    case 'store':
      return visit(op.to);
    case 'atomic':
    case 'zero':
      return visit(op.at);
    case 'copy':
      visit(op.to);
      return visit(op.from);
    case 'addressOf':
      return visit(op.of);
    default:
      return;
  }
}

/** The operation with the memory that it names put elsewhere; the same object if nothing changed. */
export function mapAddresses<T extends Op>(op: T, resolve: (address: Address) => Address): T;
export function mapAddresses(op: Op, resolve: (address: Address) => Address): Op {
  switch (op.op) {
    case 'load': {
      const from = resolve(op.from);
      return from === op.from ? op : { ...op, from };
    }
    case 'store': {
      const to = resolve(op.to);
      return to === op.to ? op : { ...op, to };
    }
    case 'atomic':
    case 'zero': {
      const at = resolve(op.at);
      return at === op.at ? op : { ...op, at };
    }
    case 'copy': {
      const to = resolve(op.to);
      const from = resolve(op.from);
      return to === op.to && from === op.from ? op : { ...op, to, from };
    }
    case 'addressOf': {
      const of = resolve(op.of);
      return of === op.of ? op : { ...op, of };
    }
    default:
      return op;
  }
}

export function slotOf(address: Address): Slot | undefined {
  return 'kind' in address.base ? undefined : address.base;
}

export function successors(end: Terminator): readonly BlockId[] {
  switch (end.op) {
    case 'jump':
      return [end.to];
    case 'branch':
    case 'guard':
      return [end.then, end.else];
    case 'return':
      return [];
  }
}

/** The same object if nothing changed. */
export function mapSuccessors<T extends Terminator>(end: T, to: (block: BlockId) => BlockId): T;
export function mapSuccessors(end: Terminator, to: (block: BlockId) => BlockId): Terminator {
  switch (end.op) {
    case 'jump': {
      const next = to(end.to);
      return next === end.to ? end : { ...end, to: next };
    }
    case 'branch':
    case 'guard': {
      const then = to(end.then);
      const otherwise = to(end.else);
      return then === end.then && otherwise === end.else ? end : { ...end, then, else: otherwise };
    }
    case 'return':
      return end;
  }
}

/** What a register must be equal to where a branch went this way. */
export function knownAfter(end: Terminator, way: 'then' | 'else'): { reg: Reg; value: bigint } | undefined {
  if (end.op !== 'branch' || end.width !== 64 || end.a.kind !== 'reg' || end.b.kind !== 'imm') return undefined;
  const { cmp, a, b } = end;
  const equal =
    way === 'then'
      ? cmp === 'eq' || (cmp === 'ult' && b.value === 1n) || (cmp === 'ule' && b.value === 0n)
      : cmp === 'ne' || (cmp === 'ugt' && b.value === 0n) || (cmp === 'uge' && b.value === 1n);
  if (!equal) return undefined;
  return { reg: a, value: cmp === 'eq' || cmp === 'ne' ? b.value : 0n };
}

/** Helpers without effect: a call whose result nobody reads can go. */
const PURE_HELPERS = new Set([
  'ktime_get_ns',
  'ktime_get_boot_ns',
  'ktime_get_coarse_ns',
  'ktime_get_tai_ns',
  'jiffies64',
  'get_smp_processor_id',
  'get_numa_node_id',
  'get_current_pid_tgid',
  'get_current_uid_gid',
  'get_current_task',
  'get_current_task_btf',
  'get_current_cgroup_id',
  'get_attach_cookie',
  'get_func_ip',
  'task_pt_regs',
]);

/** Needed even if the result is not read. */
export function hasEffect(op: Op): boolean {
  switch (op.op) {
    case 'store':
    case 'atomic':
    case 'copy':
    case 'zero':
    case 'fresh':
    case 'kfunc':
    case 'call':
      return true;
    case 'helper':
      return !PURE_HELPERS.has(op.name);
    default:
      return false;
  }
}
