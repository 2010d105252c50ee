/** Checks what every pass and the code generator rely on; a failure is a bug of ours. */
import { PebbleError } from '../../base/errors.ts';
import { namedFunctions } from './call-graph.ts';
import type { Address, IrFunction, IrProgram, Op, Reg } from './ir.ts';
import { definition, forEachAddress, forEachUse, successors } from './operands.ts';

/** Functions in `known` were checked before. */
export function validateProgram(program: IrProgram, known: Set<IrFunction> = new Set()): void {
  const names = new Set(program.functions.map((fn) => fn.name));
  if (names.size !== program.functions.length) throw bug(program.name, 'two functions have the same name');
  for (const fn of program.functions) {
    if (!known.has(fn)) validateFunction(fn);
    known.add(fn);
    for (const name of namedFunctions(fn)) if (!names.has(name)) throw bug(fn.name, `"${name}" does not exist`);
  }
}

function validateFunction(fn: IrFunction): void {
  const defined = new Uint8Array(fn.registers);
  for (const parameter of fn.parameters) defined[parameter.id] = 1;
  for (const [index, block] of fn.blocks.entries()) {
    if (block.id !== index) throw bug(fn.name, `block ${block.id} stands at ${index}`);
    if (!block.end) throw bug(fn.name, `block ${block.id} has no terminator`);
    for (const to of successors(block.end)) {
      if (!fn.blocks[to]) throw bug(fn.name, `block ${block.id} goes to ${to}, which does not exist`);
    }
    for (const op of block.ops) {
      validateOp(fn, op);
      const dst = definition(op);
      if (dst) defined[dst.id] = 1;
    }
  }
  const check = (reg: Reg) => {
    if (defined[reg.id] !== 1) throw bug(fn.name, `%${reg.id} is read but never written`);
  };
  for (const block of fn.blocks) {
    for (const op of block.ops) forEachUse(op, check);
    forEachUse(block.end!, check);
  }
}

function validateOp(fn: IrFunction, op: Op): void {
  const dst = definition(op);
  if (dst && dst.id >= fn.registers) throw bug(fn.name, `%${dst.id} does not exist`);
  if ((op.op === 'helper' || op.op === 'kfunc' || op.op === 'call') && op.args.length > 5)
    throw bug(fn.name, `${op.name} has more than five arguments`);
  forEachAddress(op, (address) => validateAddress(fn, op, address));
}

function validateAddress(fn: IrFunction, op: Op, { base, offset }: Address): void {
  if ('kind' in base) return;
  if (fn.slots[base.id] !== base) throw bug(fn.name, `slot ${base.name} belongs to another function`);
  const end = offset + bytesTouched(op);
  if (offset < 0 || end > base.size)
    throw bug(fn.name, `${op.op} reaches bytes ${offset}–${end} of slot ${base.name}, which has ${base.size}`);
}

function bytesTouched(op: Op): number {
  switch (op.op) {
    case 'load':
    case 'store':
    case 'atomic':
      return op.size;
    case 'copy':
    case 'zero':
      return op.bytes;
    default:
      return 0;
  }
}

function bug(fn: string, what: string): PebbleError {
  return new PebbleError('internal', { doing: `checking the IR of ${fn}`, what });
}
