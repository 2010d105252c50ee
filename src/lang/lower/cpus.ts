/** Reads a counter of all CPUs in the kernel: `(int64)@c`, comparisons, printf of one entry. */
import { address, imm, type Reg } from '../ir/index.ts';
import { AVG, EXTREME } from '../types/layout.ts';
import { type AggregateType, intType } from '../types/type.ts';
import type { Lowering } from './lowering.ts';
import type { Entry } from './maps.ts';
import { callOnMap } from './short-keys.ts';
import { type ScalarValue, scalar } from './value.ts';

type Step = (value: Reg, total: Reg, count: Reg, l: Lowering) => void;

const add: Step = (value, total, _, l) => {
  l.b.add(total, l.b.load(address(value), 8), total);
};

function extreme(better: 'slt' | 'ult' | 'sgt' | 'ugt'): Step {
  return (value, total, count, l) => {
    const set = l.b.load(address(value, EXTREME.offsets.set), 8);
    l.b.when('ne', set, imm(0), () => {
      const own = l.b.load(address(value), 8);
      const take = () => l.b.mov(own, total);
      l.b.when('eq', count, imm(0), take, () => l.b.when(better, own, total, take));
      l.b.mov(imm(1), count);
    });
  };
}

const average: Step = (value, total, count, l) => {
  l.b.add(total, l.b.load(address(value, AVG.offsets.total), 8), total);
  l.b.add(count, l.b.load(address(value, AVG.offsets.count), 8), count);
};

function stepOf(type: AggregateType): Step {
  switch (type.kind) {
    case 'min':
      return extreme(type.signed ? 'slt' : 'ult');
    case 'max':
      return extreme(type.signed ? 'sgt' : 'ugt');
    case 'avg':
    case 'stats':
      return average;
    default:
      return add;
  }
}

/** Loops over the possible CPUs; the guard keeps the verifier from walking every turn. */
export function foldCpus(type: AggregateType, { plan, key }: Entry, l: Lowering): ScalarValue {
  const { b } = l;
  const total = b.mov(imm(0));
  const count = b.mov(imm(0));
  const cpu = b.mov(imm(0));
  const head = b.block();
  const body = b.block();
  const guarded = b.block();
  const after = b.block();
  b.jump(head);
  b.enter(head);
  b.branch('ult', cpu, imm(l.script.typing.host.cpus?.possible ?? 1024), guarded, after);
  b.enter(guarded);
  b.guard(body, after);
  b.enter(body);
  const value = callOnMap('map_lookup_percpu_elem', plan, key!, [cpu], l);
  b.when('ne', value, imm(0), () => stepOf(type)(value, total, count, l));
  b.add(cpu, imm(1), cpu);
  b.jump(head);
  b.enter(after);
  if (type.kind === 'avg' || type.kind === 'stats') b.binary(type.signed ? 'sdiv' : 'udiv', total, count, 64, total);
  return scalar(intType(8, type.signed), total);
}
