/** `for ($kv : @map)`: a callback of bpf_for_each_map_elem; the variables that it shares with the probe live in memory. */
import { type Address, address, imm, type Operand, type Reg } from '../ir/index.ts';
import type { For, MapReference } from '../syntax/ast.ts';
import { isCastableAggregate, type TupleType } from '../types/type.ts';
import type { Scratch } from '../types/typing.ts';
import { foldCpus } from './cpus.ts';
import { Lowering } from './lowering.ts';
import type { MapPlan } from './map-plan.ts';
import { fieldsOf, pointerOf, store } from './memory.ts';
import { inMemory, offsetBy } from './value.ts';

/** What a callback returns: go on, or stop. */
const GO_ON = imm(0);
const STOP = imm(1);

export function iterateMap(node: For, over: MapReference, l: Lowering): void {
  const plan = l.plan(over);
  const shared = [...(l.table.captured.get(node) ?? [])].filter((symbol) => symbol.type);
  const pointers = shared.map((symbol) => addressOf(symbol, l));
  const frame = l.bytes('shared', contextAt(shared) + 8, { place: 'frame' });
  l.b.store(frame, 8, imm(0));
  for (const [i, at] of pointers.entries()) l.b.store(offsetBy(frame, sharedAt(i)), 8, pointerOf(at, l));
  if (l.context) l.b.store(offsetBy(frame, contextAt(shared)), 8, l.context);
  const name = lowerCallback(node, plan, shared, l);
  const callback = l.b.functionAddress(name);
  l.b.helper('for_each_map_elem', [l.b.map(plan.spec.name), callback, pointerOf(frame, l), imm(0)]);
  l.b.when('ne', l.b.load(frame, 8), imm(0), () => l.leave(imm(0)));
}

/** The frame that both see: whether the probe was left, pointers to what they share, the context. */
const sharedAt = (index: number): number => (index + 1) * 8;
const contextAt = (shared: readonly Scratch[]): number => sharedAt(shared.length);

function addressOf(symbol: Scratch, l: Lowering): Address {
  const storage = l.variable(symbol);
  if (storage.in === 'memory') return storage.at;
  throw new TypeError(`${symbol.name} is shared with a callback and must live in memory`);
}

/** The callback's parameters: map, key, value, and the frame with the shared pointers. */
function lowerCallback(node: For, plan: MapPlan, shared: readonly Scratch[], outer: Lowering): string {
  const name = `${outer.b.name}.each${outer.root.callbacks.length}`;
  const l = new CallbackLowering(outer, name);
  const [, key, value, frame] = l.b.parameters as [Reg, Reg, Reg, Reg];
  l.left = address(frame);
  for (const [i, symbol] of shared.entries()) {
    l.storage.set(symbol, { in: 'memory', at: address(l.b.load(address(frame, sharedAt(i)), 8)) });
  }
  if (outer.context) l.context = l.b.load(address(frame, contextAt(shared)), 8);
  const stop = l.b.block();
  const next = l.b.block();
  fillPair(node, plan, address(key), address(value), l);
  l.loops.push({ next, out: stop });
  l.value(node.body);
  l.b.jump(next);
  l.b.enter(next);
  l.b.return(GO_ON);
  l.b.enter(stop);
  l.b.return(STOP);
  outer.root.callbacks.push(l.b.finish());
  return name;
}

/** `$kv`: a copy of the key and of the value, which for counters is that of all CPUs. */
function fillPair(node: For, plan: MapPlan, key: Address, value: Address, l: Lowering): void {
  const symbol = l.symbolOf(node.variable);
  const type = symbol.type as TupleType;
  const pair = l.slot(symbol.name, type);
  l.storage.set(symbol, { in: 'memory', at: pair });
  l.b.zero(pair, l.sizeOf(type));
  const [first, second] = fieldsOf(type);
  store(inMemory(plan.keyType!, key), offsetBy(pair, first!.offset), first!.type, l);
  const counted = plan.script.value;
  const own = isCastableAggregate(counted)
    ? foldCpus(counted, { plan, key, owner: undefined }, l)
    : inMemory(counted, value);
  store(own, offsetBy(pair, second!.offset), second!.type, l);
}

/** Leaving the probe from inside: the callback stops the walk, and the function around it looks at the note. */
class CallbackLowering extends Lowering {
  left: Address | undefined;
  readonly #outer: Lowering;

  constructor(outer: Lowering, name: string) {
    super(outer.script, outer.unit, outer.table, name, 4);
    this.#outer = outer;
  }

  override get root(): Lowering {
    return this.#outer.root;
  }

  override leave(_value: Operand): void {
    this.b.store(this.left!, 8, imm(1));
    this.b.return(STOP);
  }
}
