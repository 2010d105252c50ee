/** Look-up reuse: a map element that was just looked up by the same key, with no change of the map since, is known. */
import type { BlockId, IrFunction, Located, Op, Operand, Reg, Slot } from '../ir.ts';
import { definition, slotOf } from '../operands.ts';
import { SlotPointers } from '../pointers.ts';
import { countDefinitions } from './definitions.ts';
import { KnownMemory } from './known-memory.ts';
import { predecessorsOf } from './order.ts';

/** Expects blocks in an order where definitions come before their uses. */
export function reuseLookups(fn: IrFunction): IrFunction {
  const names = new Names(fn);
  if (names.lookups < 2) return fn;
  const pointers = new SlotPointers(fn);
  const before = predecessorsOf(fn);
  const atEnd: Lookups[] = [];
  const blocks = fn.blocks.map((block) => {
    const lookups = atEntry(block.id, before[block.id]!, atEnd);
    const memory = new KnownMemory(pointers);
    const ops = block.ops.map((op) => {
      const result = replace(op, lookups, memory, names);
      memory.pass(op);
      return result;
    });
    atEnd.push(lookups);
    return { ...block, ops };
  });
  return { ...fn, blocks };
}

/** Map and key, as text, to the register that holds the element or 0. */
type Lookups = Map<string, Reg>;

function atEntry(block: BlockId, before: readonly BlockId[], atEnd: readonly Lookups[]): Lookups {
  const [first, ...others] = before;
  // What happens in a loop is not known yet at its head.
  if (first === undefined || before.some((b) => b >= block)) return new Map();
  const known = atEnd[first]!;
  if (others.length === 0 || known.size === 0) return new Map(known);
  return new Map([...known].filter(([key, reg]) => others.every((b) => atEnd[b]!.get(key)?.id === reg.id)));
}

function replace(op: Located<Op>, lookups: Lookups, memory: KnownMemory, names: Names): Located<Op> {
  if (op.op === 'call' || op.op === 'kfunc') lookups.clear();
  if (op.op !== 'helper') return op;
  const map = op.args[0]?.kind === 'reg' ? names.maps.get(op.args[0].id) : undefined;
  if (op.name !== 'map_lookup_elem') {
    if (op.args.some((arg) => names.isFunction(arg))) lookups.clear();
    else if (map) for (const key of lookups.keys()) if (key.startsWith(`${map}:`)) lookups.delete(key);
    return op;
  }
  const key = map && op.dst && names.isSingle(op.dst) ? keyText(op.args[1], memory, names) : undefined;
  if (!op.dst || key === undefined) return op;
  const known = lookups.get(`${map}:${key}`);
  if (known) return { op: 'mov', dst: op.dst, src: known, ...(op.source && { source: op.source }) };
  lookups.set(`${map}:${key}`, op.dst);
  return op;
}

/** What the key consists of, if every byte is known by constants and registers that do not change. */
function keyText(pointer: Operand | undefined, memory: KnownMemory, names: Names): string | undefined {
  const slot = pointer?.kind === 'reg' ? names.slots.get(pointer.id) : undefined;
  if (!slot) return undefined;
  const parts = memory.contents
    .filter((content) => slotOf(content.at) === slot)
    .sort((a, b) => a.at.offset - b.at.offset);
  let end = 0;
  for (const { at, size, value } of parts) {
    if (at.offset !== end || (value.kind === 'reg' && !names.isSingle(value))) return undefined;
    end += size;
  }
  if (end !== slot.size) return undefined;
  return parts.map(({ size, value }) => `${size}${value.kind === 'reg' ? `%${value.id}` : `=${value.value}`}`).join();
}

/** What registers with one definition are. */
class Names {
  readonly maps = new Map<number, string>();
  /** Those that point to the start of a slot. */
  readonly slots = new Map<number, Slot>();
  /** How many operations look something up. */
  lookups = 0;
  readonly #functions = new Set<number>();
  readonly #definitions: Uint8Array;

  constructor(fn: IrFunction) {
    this.#definitions = countDefinitions(fn);
    for (const { ops } of fn.blocks) {
      for (const op of ops) {
        if (op.op === 'helper' && op.name === 'map_lookup_elem') this.lookups++;
        const dst = definition(op);
        if (dst && this.isSingle(dst)) this.#learn(op, dst);
      }
    }
  }

  isSingle(reg: Reg): boolean {
    return this.#definitions[reg.id] === 1;
  }

  isFunction(operand: Operand): boolean {
    return operand.kind === 'reg' && this.#functions.has(operand.id);
  }

  #learn(op: Op, dst: Reg): void {
    if (op.op === 'map') this.maps.set(dst.id, op.map);
    if (op.op === 'functionAddress') this.#functions.add(dst.id);
    const slot = op.op === 'addressOf' && op.of.offset === 0 ? slotOf(op.of) : undefined;
    if (slot) this.slots.set(dst.id, slot);
  }
}
