/** The IR as text; `parse.ts` reads it back. Register `%n`, slot `$n`, block `bn`; one operation a line. */
import type { Address, IrFunction, IrProgram, Op, Operand, Terminator } from './ir.ts';

export function printProgram(program: IrProgram): string {
  return program.functions.map(printFunction).join('\n');
}

export function printFunction(fn: IrFunction): string {
  const lines = [`function ${fn.name}(${fn.parameters.map(operandText).join(', ')}) {`];
  for (const { id, name, size, align, place } of fn.slots) {
    lines.push(`slot $${id} ${name} ${size} align ${align}${place === 'frame' ? ' frame' : ''}`);
  }
  for (const block of fn.blocks) {
    lines.push(`b${block.id}:`);
    for (const op of block.ops) lines.push(`  ${opText(op)}`);
    if (block.end) lines.push(`  ${terminatorText(block.end)}`);
  }
  return `${lines.join('\n')}\n}\n`;
}

export function opText(op: Op): string {
  switch (op.op) {
    case 'mov':
      return `${operandText(op.dst)} = mov${op.width ?? 64} ${operandText(op.src)}`;
    case 'binary':
      return `${operandText(op.dst)} = ${op.fn}${op.width} ${operandText(op.a)}, ${operandText(op.b)}`;
    case 'neg':
      return `${operandText(op.dst)} = neg${op.width} ${operandText(op.src)}`;
    case 'extend':
      return `${operandText(op.dst)} = extend ${typeText(op.size, op.signed)} ${operandText(op.src)}`;
    case 'byteswap':
      return `${operandText(op.dst)} = byteswap ${op.size} ${operandText(op.src)}`;
    case 'load':
      return `${operandText(op.dst)} = load ${typeText(op.size, op.signed)} ${addressText(op.from)}`;
    case 'store':
      return `store ${op.size} ${addressText(op.to)}, ${operandText(op.src)}`;
    case 'atomic':
      return atomicText(op);
    case 'copy':
      return `copy ${addressText(op.to)}, ${addressText(op.from)}, ${op.bytes}`;
    case 'zero':
      return `zero ${addressText(op.at)}, ${op.bytes}`;
    case 'fresh':
      return `fresh [$${op.slot.id}]`;
    case 'addressOf':
      return `${operandText(op.dst)} = address ${addressText(op.of)}`;
    case 'map':
      return `${operandText(op.dst)} = map ${op.map}`;
    case 'mapValue':
      return `${operandText(op.dst)} = mapValue ${op.map}, ${op.offset}`;
    case 'functionAddress':
    case 'kernelSymbol':
      return `${operandText(op.dst)} = ${op.op} ${op.name}`;
    case 'helper':
    case 'kfunc':
    case 'call': {
      const result = op.dst ? `${operandText(op.dst)} = ` : '';
      return `${result}${op.op} ${op.name}(${op.args.map(operandText).join(', ')})`;
    }
  }
}

export function terminatorText(end: Terminator): string {
  switch (end.op) {
    case 'jump':
      return `jump b${end.to}`;
    case 'branch':
      return `branch ${end.cmp}${end.width} ${operandText(end.a)}, ${operandText(end.b)}, b${end.then}, b${end.else}`;
    case 'guard':
      return `guard b${end.then}, b${end.else}`;
    case 'return':
      return `return ${operandText(end.value)}`;
  }
}

function atomicText(op: Op & { op: 'atomic' }): string {
  const result = op.fetch ? `${operandText(op.fetch)} = ` : '';
  const expected = op.expected ? `, ${operandText(op.expected)}` : '';
  return `${result}atomic ${op.fn} ${op.size} ${addressText(op.at)}, ${operandText(op.src)}${expected}`;
}

const operandText = (operand: Operand): string =>
  operand.kind === 'reg' ? `%${operand.id}` : BigInt.asIntN(64, operand.value).toString();

const typeText = (size: number, signed: boolean): string => `${signed ? 's' : 'u'}${size * 8}`;

function addressText({ base, offset }: Address): string {
  const name = 'kind' in base ? `%${base.id}` : `$${base.id}`;
  return offset === 0 ? `[${name}]` : `[${name}, ${offset}]`;
}
