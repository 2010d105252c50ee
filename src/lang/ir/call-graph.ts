/** Who calls whom in a program, and what that means for the 512 bytes of stack that a call chain shares. */
import { PebbleError } from '../../base/errors.ts';
import type { IrFunction, IrProgram } from './ir.ts';

export interface CallGraph {
  /** What the entry reaches, callees before their callers; the kernel refuses functions that nobody calls. */
  readonly bottomUp: readonly IrFunction[];
  readonly callees: (fn: IrFunction) => readonly IrFunction[];
  readonly callers: (fn: IrFunction) => readonly IrFunction[];
}

export function callGraph(program: IrProgram): CallGraph {
  const byName = new Map(program.functions.map((fn) => [fn.name, fn]));
  const callees = new Map<IrFunction, Set<IrFunction>>();
  const callers = new Map<IrFunction, Set<IrFunction>>(program.functions.map((fn) => [fn, new Set()]));
  for (const fn of program.functions) {
    const called = new Set<IrFunction>();
    for (const name of namedFunctions(fn)) {
      const callee = byName.get(name);
      if (!callee) throw fail(program, `${fn.name} calls "${name}", which does not exist`);
      called.add(callee);
      callers.get(callee)!.add(fn);
    }
    callees.set(fn, called);
  }
  return {
    bottomUp: postOrder(program, callees),
    callees: (fn) => [...callees.get(fn)!],
    callers: (fn) => [...callers.get(fn)!],
  };
}

const named = new WeakMap<IrFunction, readonly string[]>();

/** Functions that it calls or hands to the kernel, found once: programs share functions. */
export function namedFunctions(fn: IrFunction): readonly string[] {
  const known = named.get(fn);
  if (known) return known;
  const names = new Set<string>();
  for (const { ops } of fn.blocks) {
    for (const op of ops) if (op.op === 'call' || op.op === 'functionAddress') names.add(op.name);
  }
  named.set(fn, [...names]);
  return [...names];
}

function postOrder(program: IrProgram, callees: ReadonlyMap<IrFunction, ReadonlySet<IrFunction>>): IrFunction[] {
  const order: IrFunction[] = [];
  const state = new Map<IrFunction, 'open' | 'done'>();
  const visit = (fn: IrFunction) => {
    if (state.get(fn) === 'done') return;
    if (state.get(fn) === 'open') throw fail(program, `${fn.name} calls itself, which eBPF does not allow`);
    state.set(fn, 'open');
    for (const callee of callees.get(fn)!) visit(callee);
    state.set(fn, 'done');
    order.push(fn);
  };
  visit(program.functions[0]!);
  return order;
}

function fail(program: IrProgram, what: string): PebbleError {
  return new PebbleError('internal', { doing: `looking at the calls of ${program.name}`, what });
}
