/** Address folding: loads and stores through a computed pointer name its base and the sum of the offsets. */
import type { Address, IrFunction, Op } from '../ir.ts';
import { mapAddresses } from '../operands.ts';
import { countDefinitions } from './definitions.ts';

/** Expects blocks in an order where definitions come before their uses. */
export function foldAddresses(fn: IrFunction): IrFunction {
  const definitions = countDefinitions(fn);
  /** What a register with one definition points to. */
  const points: (Address | undefined)[] = new Array(fn.registers).fill(undefined);
  const resolve = (address: Address): Address => {
    if (!('kind' in address.base)) return address;
    const to = points[address.base.id];
    return to ? { base: to.base, offset: to.offset + address.offset } : address;
  };
  const isStable = ({ base }: Address): boolean => !('kind' in base) || definitions[base.id] === 1;
  const learn = (op: Op) => {
    const to = pointer(op);
    if (!to || definitions[to.dst.id] !== 1) return;
    const target = resolve(to.address);
    if (isStable(target)) points[to.dst.id] = target;
  };
  const blocks = fn.blocks.map((block) => ({
    ...block,
    ops: block.ops.map((op) => {
      learn(op);
      return mapAddresses(op, resolve);
    }),
  }));
  return { ...fn, blocks };
}

/** Operations that make a pointer from another by adding a constant. */
function pointer(op: Op): { dst: { id: number }; address: Address } | undefined {
  if (op.op === 'addressOf') return { dst: op.dst, address: op.of };
  if (op.op !== 'binary' || op.fn !== 'add' || op.width !== 64) return undefined;
  const { dst, a, b } = op;
  if (a.kind !== 'reg' || b.kind !== 'imm' || b.value < -0x4000n || b.value > 0x4000n) return undefined;
  return { dst, address: { base: a, offset: Number(b.value) } };
}
