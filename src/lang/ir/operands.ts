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

export function forEachUse(node: Op | Terminator, visit: (reg: Reg) => void): void {
  const operand = (o: Operand) => {
    if (o.kind === 'reg') visit(o);
  };
  const place = (a: Address) => {
    if ('kind' in a.base) visit(a.base);
  };
  switch (node.op) {
    case 'mov':
    case 'neg':
    case 'extend':
    case 'byteswap':
      return operand(node.src);
    case 'binary':
    case 'branch':
      operand(node.a);
      return operand(node.b);
    case 'load':
      return place(node.from);
    case 'store':
      place(node.to);
      return operand(node.src);
    case 'atomic':
      place(node.at);
      visit(node.src);
      if (node.expected) visit(node.expected);
      return;
    case 'copy':
      place(node.to);
      return place(node.from);
    case 'zero':
      return place(node.at);
    case 'addressOf':
      return place(node.of);
    case 'helper':
    case 'kfunc':
    case 'call':
      return node.args.forEach(operand);
    case 'return':
      return operand(node.value);
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

/** `null` keeps the register; an immediate is ignored where only a register can stand. */
export type Replace = (reg: Reg) => Operand | null;

/** The node with its read registers replaced; the same object if nothing changed. */
export function mapUses<T extends Op | Terminator>(node: T, replace: Replace): T;
export function mapUses(node: Op | Terminator, replace: Replace): Op | Terminator {
  const operand = (o: Operand): Operand => (o.kind === 'reg' ? (replace(o) ?? o) : o);
  const register = (r: Reg): Reg => {
    const by = replace(r);
    return by?.kind === 'reg' ? by : r;
  };
  const place = (a: Address): Address => {
    if (!('kind' in a.base)) return a;
    const base = register(a.base);
    return base === a.base ? a : { base, offset: a.offset };
  };
  switch (node.op) {
    case 'mov':
    case 'neg':
    case 'extend':
    case 'byteswap': {
      const src = operand(node.src);
      return src === node.src ? node : { ...node, src };
    }
    case 'binary':
    case 'branch': {
      const a = operand(node.a);
      const b = operand(node.b);
      return a === node.a && b === node.b ? node : { ...node, a, b };
    }
    case 'load': {
      const from = place(node.from);
      return from === node.from ? node : { ...node, from };
    }
    case 'store': {
      const to = place(node.to);
      const src = operand(node.src);
      return to === node.to && src === node.src ? node : { ...node, to, src };
    }
    case 'atomic': {
      const at = place(node.at);
      const src = register(node.src);
      if (!node.expected) return at === node.at && src === node.src ? node : { ...node, at, src };
      const expected = register(node.expected);
      if (at === node.at && src === node.src && expected === node.expected) return node;
      return { ...node, at, src, expected };
    }
    case 'copy': {
      const to = place(node.to);
      const from = place(node.from);
      return to === node.to && from === node.from ? node : { ...node, to, from };
    }
    case 'zero': {
      const at = place(node.at);
      return at === node.at ? node : { ...node, at };
    }
    case 'addressOf': {
      const of = place(node.of);
      return of === node.of ? node : { ...node, of };
    }
    case 'helper':
    case 'kfunc':
    case 'call': {
      const args = node.args.map(operand);
      return args.some((arg, i) => arg !== node.args[i]) ? { ...node, args } : node;
    }
    case 'return': {
      const value = operand(node.value);
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

/** The operation with the memory that it names put elsewhere. */
export function mapAddresses<T extends Op>(op: T, resolve: (address: Address) => Address): T;
export function mapAddresses(op: Op, resolve: (address: Address) => Address): Op {
  switch (op.op) {
    case 'load':
      return { ...op, from: resolve(op.from) };
    case 'store':
      return { ...op, to: resolve(op.to) };
    case 'atomic':
    case 'zero':
      return { ...op, at: resolve(op.at) };
    case 'copy':
      return { ...op, to: resolve(op.to), from: resolve(op.from) };
    case 'addressOf':
      return { ...op, of: resolve(op.of) };
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

export function mapSuccessors<T extends Terminator>(end: T, to: (block: BlockId) => BlockId): T;
export function mapSuccessors(end: Terminator, to: (block: BlockId) => BlockId): Terminator {
  switch (end.op) {
    case 'jump':
      return { ...end, to: to(end.to) };
    case 'branch':
    case 'guard':
      return { ...end, then: to(end.then), else: to(end.else) };
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
