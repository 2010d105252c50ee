/** Instruction selection: one IR function to machine code over virtual registers. */
import type { IrFunction, Op } from '../../ir/ir.ts';
import { successors } from '../../ir/operands.ts';
import type { SlotArea } from '../frame.ts';
import type { MachineBlock, MachineFunction } from '../machine.ts';
import { selectBinary, selectByteswap, selectExtend, selectMov, selectNeg } from './arithmetic.ts';
import { selectAtomic } from './atomics.ts';
import { selectTerminator } from './branches.ts';
import { helperId, selectCall } from './calls.ts';
import { addressInto, loadFrom, selectCopy, selectZero, storeTo } from './memory.ts';
import { type Isa, MachineWriter } from './writer.ts';

/** Expects blocks in the order in which they are to be emitted. */
export function select(fn: IrFunction, slots: SlotArea, isa: Isa): MachineFunction {
  const w = new MachineWriter(fn, slots, isa);
  w.source = fn.blocks[0]!.ops[0]?.source ?? fn.blocks[0]!.end?.source;
  fn.parameters.forEach((parameter, i) => {
    w.move(w.reg(parameter), i + 1);
  });
  const blocks = fn.blocks.map(({ id, ops, end }): MachineBlock => {
    for (const op of ops) {
      w.source = op.source;
      selectOp(w, op);
    }
    w.source = end!.source;
    selectTerminator(w, end!, id + 1);
    const insns = w.insns;
    w.insns = [];
    return { insns, successors: successors(end!), depth: 0 };
  });
  const frame = [{ size: slots.bytes, align: 8 }];
  return {
    name: fn.name,
    parameters: fn.parameters.length,
    blocks,
    frame,
    registers: w.registers,
    isGlobal: fn.isGlobal ?? false,
  };
}

function selectOp(w: MachineWriter, op: Op): void {
  switch (op.op) {
    case 'mov':
      return selectMov(w, w.reg(op.dst), op.src, op.width ?? 64);
    case 'binary':
      return selectBinary(w, op.fn, w.reg(op.dst), op.a, op.b, op.width);
    case 'neg':
      return selectNeg(w, w.reg(op.dst), op.src, op.width);
    case 'extend':
      return selectExtend(w, w.reg(op.dst), op.src, op.size, op.signed);
    case 'byteswap':
      return selectByteswap(w, w.reg(op.dst), op.src, op.size);
    case 'load':
      return loadFrom(w, w.reg(op.dst), w.place(op.from, op.size), op.size, op.signed);
    case 'store':
      return storeTo(w, w.place(op.to, op.size), op.size, op.src);
    case 'atomic':
      return selectAtomic(w, op);
    case 'copy':
      return selectCopy(w, op.to, op.from, op.bytes);
    case 'zero':
      return selectZero(w, op.at, op.bytes);
    case 'fresh':
      return;
    case 'addressOf':
      return addressInto(w, w.reg(op.dst), w.place(op.of));
    case 'map':
      return w.reference(w.reg(op.dst), { kind: 'map', map: op.map });
    case 'mapValue':
      return w.reference(w.reg(op.dst), { kind: 'mapValue', map: op.map, offset: op.offset });
    case 'functionAddress':
      return w.reference(w.reg(op.dst), { kind: 'functionAddress', name: op.name });
    case 'kernelSymbol':
      return w.reference(w.reg(op.dst), { kind: 'kernelSymbol', name: op.name });
    case 'helper':
      return selectCall(w, op.args, op.dst, { imm: helperId(w, op.name) });
    case 'kfunc':
      return selectCall(w, op.args, op.dst, { ref: { kind: 'kfunc', name: op.name } });
    case 'call':
      return selectCall(w, op.args, op.dst, { ref: { kind: 'function', name: op.name } });
  }
}
