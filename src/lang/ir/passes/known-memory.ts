/** What memory holds at one point of a function, as far as its operations say. */
import type { Address, Located, Op, Operand, Reg, Size } from '../ir.ts';
import { definition, slotOf } from '../operands.ts';
import type { SlotPointers } from '../pointers.ts';

/** Larger zeroed ranges are buffers, not keys. */
const LARGEST_ZEROING = 64;

/** What is known of one place. */
export interface Content {
  readonly at: Address;
  readonly size: Size;
  readonly value: Operand;
  /** How `value` was extended to 64 bits; undefined for stores, whose value may have more bits than the place. */
  readonly signed: boolean | undefined;
}

export class KnownMemory {
  contents: Content[];
  readonly #pointers: SlotPointers;

  constructor(pointers: SlotPointers, contents: readonly Content[] = []) {
    this.#pointers = pointers;
    this.contents = [...contents];
  }

  /** The operation, or what replaces it; remembers what it leaves in memory. */
  pass(op: Located<Op>): Located<Op> {
    const result = op.op === 'load' ? this.#load(op) : op;
    this.#forgetMemory(op);
    const dst = definition(op);
    if (dst) this.#forgetRegister(dst);
    if (op.op === 'store') this.contents.push({ at: op.to, size: op.size, value: op.src, signed: undefined });
    if (op.op === 'zero') this.#zeroed(op.at, op.bytes);
    if (op.op === 'load' && result === op && !isBase(op.from, op.dst))
      this.contents.push({ at: op.from, size: op.size, value: op.dst, signed: op.signed });
    return result;
  }

  /** Remembered in pieces, since some of it is usually overwritten at once. */
  #zeroed(at: Address, bytes: number): void {
    if (bytes > LARGEST_ZEROING) return;
    for (let done = 0; done < bytes; ) {
      const size = bytes - done >= 4 ? 4 : 1;
      const place = { base: at.base, offset: at.offset + done };
      this.contents.push({ at: place, size, value: { kind: 'imm', value: 0n }, signed: undefined });
      done += size;
    }
  }

  #load(op: Located<Op & { op: 'load' }>): Located<Op> {
    const known = this.contents.find((c) => isSamePlace(c.at, op.from) && c.size === op.size);
    if (!known) return op;
    const source = op.source && { source: op.source };
    if (op.size === 8 || known.signed === op.signed) return { op: 'mov', dst: op.dst, src: known.value, ...source };
    return { op: 'extend', dst: op.dst, src: known.value, size: op.size, signed: op.signed, ...source };
  }

  #forgetRegister(dst: Reg): void {
    this.#keep(({ at, value }) => !(value.kind === 'reg' && value.id === dst.id) && !isBase(at, dst));
  }

  /** Most operations change nothing that is known. */
  #keep(stays: (content: Content) => boolean): void {
    if (!this.contents.every(stays)) this.contents = this.contents.filter(stays);
  }

  #forgetMemory(op: Op): void {
    switch (op.op) {
      case 'store':
        return this.#written(op.to, op.size);
      case 'atomic':
        return this.#written(op.at, op.size);
      case 'zero':
        return this.#written(op.at, op.bytes);
      case 'copy':
        return this.#written(op.to, op.bytes);
      case 'helper':
      case 'kfunc':
      case 'call':
        return this.#called(op);
      default:
        return;
    }
  }

  #written(to: Address, bytes: number): void {
    const slot = slotOf(to);
    this.#keep(({ at, size }) => {
      const other = slotOf(at);
      if (slot && other) return slot !== other || at.offset + size <= to.offset || to.offset + bytes <= at.offset;
      // One of the two is a pointer, or both.
      if (slot) return !this.#mayPointInto(at, slot.id);
      if (other) return !this.#mayPointInto(to, other.id);
      const isSameBase = (at.base as Reg).id === (to.base as Reg).id;
      return isSameBase && (at.offset + size <= to.offset || to.offset + bytes <= at.offset);
    });
  }

  #mayPointInto(pointer: Address, slot: number): boolean {
    return this.#pointers.escaped.has(slot) || this.#pointers.targets((pointer.base as Reg).id).has(slot);
  }

  /**
   * A call may write everything that it can reach. Registers are not kept over it either: holding a value there
   * costs as much as loading it again.
   */
  #called(op: Op): void {
    const reached = new Set(this.#pointers.escaped);
    this.#pointers.touched(op, (slot) => reached.add(slot));
    this.#keep(({ at, value }) => {
      const slot = slotOf(at);
      return slot !== undefined && value.kind === 'imm' && !reached.has(slot.id);
    });
  }
}

function isSamePlace(a: Address, b: Address): boolean {
  if (a.offset !== b.offset) return false;
  if ('kind' in a.base) return 'kind' in b.base && a.base.id === b.base.id;
  return a.base === b.base;
}

const isBase = ({ base }: Address, reg: Reg): boolean => 'kind' in base && base.id === reg.id;
