/** Random IR programs that a verifier accepts: the same seed gives the same program. For differential tests. */
import { bytes, u32, u64 } from '../../base/record.ts';
import type { MapSpec } from '../../bpf/spec/map.ts';
import { address, FunctionBuilder, imm } from '../ir/index.ts';
import type {
  AtomicOp,
  BinaryOp,
  Comparison,
  IrFunction,
  IrProgram,
  Operand,
  Reg,
  Size,
  Slot,
  Width,
} from '../ir/ir.ts';
import { Random } from './random.ts';

/** Bytes of unknown content that programs read, and of results that they leave. */
export const INPUT_BYTES = 256;
export const OUTPUT_BYTES = 512;

export const FUZZ_MAPS: readonly MapSpec[] = [
  { name: 'input', type: 'array', key: u32, value: bytes(INPUT_BYTES), maxEntries: 1 },
  { name: 'output', type: 'array', key: u32, value: bytes(OUTPUT_BYTES), maxEntries: 1 },
  { name: 'table', type: 'hash', key: u64, value: u64, maxEntries: 64 },
];

const BINARY: readonly BinaryOp[] = [
  'add',
  'sub',
  'mul',
  'udiv',
  'sdiv',
  'umod',
  'smod',
  'and',
  'or',
  'xor',
  'shl',
  'ushr',
  'sshr',
];
const COMPARISONS: readonly Comparison[] = ['eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'slt', 'sle', 'sgt', 'sge', 'set'];
const ATOMICS: readonly AtomicOp[] = ['add', 'and', 'or', 'xor', 'xchg', 'cmpxchg'];
const SIZES: readonly Size[] = [1, 2, 4, 8];
const CONSTANTS = [0n, 1n, 2n, 7n, 8n, 63n, 64n, 255n, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn, -1n, -8n];

export function randomProgram(seed: number): IrProgram {
  const random = new Random(seed);
  const callees = Array.from({ length: random.below(4) }, (_, i): Callee => {
    const kind = random.pick(['values', 'values', 'pointer', 'callback'] as const);
    return { name: `${kind}${i}`, kind, parameters: kind === 'callback' ? 2 : 1 + random.below(5) };
  });
  const entry = new FunctionWriter(random, 'entry', 1, callees, 4 + random.below(28)).entry();
  const functions = callees.map((callee, i) =>
    new FunctionWriter(random, callee.name, callee.parameters, callees.slice(i + 1), 2 + random.below(8)).callee(
      callee,
    ),
  );
  return { name: `fuzz${seed}`, functions: [entry, ...functions] };
}

interface Callee {
  readonly name: string;
  /** The first parameter of `pointer` and the second of `callback` points to SHARED_BYTES. */
  readonly kind: 'values' | 'pointer' | 'callback';
  readonly parameters: number;
}

const SHARED_BYTES = 16;

class FunctionWriter {
  readonly #random: Random;
  readonly #b: FunctionBuilder;
  readonly #callees: readonly Callee[];
  readonly #variables: Reg[] = [];
  readonly #slots: Slot[] = [];
  /** Statements that may still be written. */
  #left: number;
  /** Points to what a caller shares. */
  #shared: Reg | undefined;
  #depth = 0;
  #loops = 0;

  constructor(random: Random, name: string, parameters: number, callees: readonly Callee[], statements: number) {
    this.#random = random;
    this.#b = new FunctionBuilder(name, parameters);
    this.#callees = callees;
    this.#left = statements;
  }

  /** Ends by storing everything that it has computed. */
  entry(): IrFunction {
    this.#declare(4 + this.#random.below(14));
    this.#statements();
    const output = this.#b.mapValue('output');
    this.#variables.forEach((variable, i) => {
      this.#b.store(address(output, i * 8), 8, variable);
    });
    let at = 160;
    for (const slot of this.#slots) {
      const size = Math.min(slot.size, 64) & ~7;
      this.#b.copy(address(output, at), address(slot), size);
      at += size;
    }
    this.#b.return(imm(0));
    return this.#b.finish();
  }

  /** Returns one of its variables; a callback says with 0 or 1 whether the loop ends. */
  callee({ kind }: Callee): IrFunction {
    const pointer = { values: -1, pointer: 0, callback: 1 }[kind];
    this.#shared = this.#b.parameters[pointer];
    this.#variables.push(...this.#b.parameters.filter((_, i) => i !== pointer));
    this.#declare(1 + this.#random.below(4));
    this.#statements();
    const result = this.#variable();
    this.#b.return(kind === 'callback' ? this.#b.binary('and', result, imm(1)) : result);
    return this.#b.finish();
  }

  #declare(variables: number): void {
    const input = this.#b.mapValue('input');
    for (let i = 0; i < variables; i++) {
      const variable = this.#b.reg();
      if (this.#random.chance(2)) this.#b.load(this.#anywhere(input, 8, INPUT_BYTES), 8, false, variable);
      else this.#b.mov(imm(this.#constant()), variable);
      this.#variables.push(variable);
    }
    for (let i = this.#random.below(4); i >= 0; i--) {
      const size = this.#random.pick([8, 16, 24, 40, 64, 200, 600]);
      const slot = this.#b.slot(`slot${i}`, size);
      this.#b.zero(address(slot), size);
      this.#slots.push(slot);
    }
  }

  #statements(): void {
    while (this.#left > 0 && !this.#b.ended) {
      this.#left--;
      this.#statement();
      if (this.#depth > 0 && this.#random.chance(4)) return;
    }
  }

  #statement(): void {
    const { pick } = this.#random;
    const kinds = [
      () => this.#compute(),
      () => this.#compute(),
      () => this.#compute(),
      () => this.#convert(),
      () => this.#memory(),
      () => this.#memory(),
      () => this.#block(),
      () => this.#atomic(),
      () => this.#branch(),
      () => this.#branch(),
      () => this.#comparison(),
      () => this.#loop(),
      () => this.#table(),
      () => this.#call(),
      () => this.#throughShared(),
      () => this.#mayBeNull(),
      () => this.#indexed(),
      () => this.#readKernel(),
    ];
    pick(kinds)();
  }

  #compute(): void {
    const width = this.#width();
    this.#b.binary(this.#random.pick(BINARY), this.#operand(), this.#operand(), width, this.#variable());
  }

  #convert(): void {
    const target = this.#variable();
    switch (this.#random.below(4)) {
      case 0:
        return void this.#b.neg(this.#operand(), this.#width(), target);
      case 1:
        return void this.#b.extend(this.#operand(), this.#random.pick([1, 2, 4]), this.#random.chance(2), target);
      case 2:
        return void this.#b.byteswap(this.#operand(), this.#random.pick([2, 4, 8]), target);
      default:
        return void this.#b.mov(this.#operand(), target, this.#width());
    }
  }

  #memory(): void {
    const slot = this.#random.pick(this.#slots);
    const size = this.#random.pick(SIZES);
    const at = this.#anywhere(slot, size, slot.size);
    // Through a pointer, or directly.
    const where = this.#random.chance(3) ? address(this.#b.addressOf(at)) : at;
    if (this.#random.chance(2)) this.#b.store(where, size, this.#operand());
    else this.#b.load(where, size, this.#random.chance(2), this.#variable());
  }

  #block(): void {
    const to = this.#random.pick(this.#slots);
    const from = this.#random.pick(this.#slots);
    const words = 1 + this.#random.below(Math.min(to.size, from.size) / 8);
    const length = words * 8 - this.#random.below(8);
    if (this.#random.chance(3)) this.#b.zero(address(to, to.size - words * 8), length);
    else if (to !== from) this.#b.copy(address(to), address(from, from.size - words * 8), length);
  }

  #atomic(): void {
    const slot = this.#random.pick(this.#slots);
    const size = this.#random.pick([4, 8] as const);
    const fn = this.#random.pick(ATOMICS);
    const fetch = this.#random.chance(2) ? { fetch: this.#variable() } : {};
    const expected = fn === 'cmpxchg' ? { expected: this.#variable() } : {};
    this.#b.atomic(fn, this.#anywhere(slot, size, slot.size), size, this.#variable(), { ...fetch, ...expected });
  }

  #branch(): void {
    if (this.#depth > 4) return;
    this.#depth++;
    const otherwise = this.#random.chance(2) ? () => this.#statements() : undefined;
    const cmp = this.#random.pick(COMPARISONS);
    this.#b.when(cmp, this.#operand(), this.#operand(), () => this.#statements(), otherwise, this.#width());
    this.#depth--;
  }

  /** A truth value, and sometimes a branch on it. */
  #comparison(): void {
    const truth = this.#b.compare(this.#random.pick(COMPARISONS), this.#operand(), this.#operand(), this.#width());
    if (this.#random.chance(2)) this.#b.mov(truth, this.#variable());
    else this.#b.when(this.#random.pick(['eq', 'ne']), truth, imm(0), () => this.#compute());
  }

  #loop(): void {
    if (this.#depth > 1 || this.#loops > 1) return;
    // One loop in another, or many ways through one, and the verifier gives up.
    const left = this.#left;
    this.#left = Math.min(left, 4);
    this.#depth += 2;
    this.#loops++;
    const counter = this.#b.mov(imm(0), this.#b.reg());
    const [head, body, after] = [this.#b.block(), this.#b.block(), this.#b.block()];
    this.#b.jump(head);
    this.#b.enter(head);
    this.#b.branch('ult', counter, imm(1 + this.#random.below(4)), body, after);
    this.#b.enter(body);
    if (this.#random.chance(2)) {
      const guarded = this.#b.block();
      this.#b.guard(guarded, after);
      this.#b.enter(guarded);
    }
    this.#statements();
    this.#b.add(counter, imm(1), counter);
    this.#b.jump(head);
    this.#b.enter(after);
    this.#depth -= 2;
    this.#left = left - 1;
  }

  /** One look-up in the hash map, with what belongs to it. */
  #table(): void {
    const key = this.#b.slot('key', 8);
    const value = this.#b.slot('value', 8);
    this.#b.store(address(key), 8, this.#key());
    this.#b.store(address(value), 8, this.#operand());
    const keyAddress = this.#b.addressOf(address(key));
    switch (this.#random.below(3)) {
      case 0: {
        const valueAddress = this.#b.addressOf(address(value));
        const args = [this.#b.map('table'), keyAddress, valueAddress, imm(this.#random.below(3))];
        return void this.#b.helper('map_update_elem', args, this.#variable());
      }
      case 1:
        return void this.#b.helper('map_delete_elem', [this.#b.map('table'), keyAddress], this.#variable());
      default: {
        const found = this.#b.helper('map_lookup_elem', [this.#b.map('table'), keyAddress]);
        const target = this.#variable();
        this.#b.when(
          'ne',
          found,
          imm(0),
          () => this.#b.load(address(found), 8, false, target),
          () => this.#b.mov(imm(-1), target),
        );
      }
    }
  }

  /** Constant keys come again, so that look-ups can be the same. */
  #key(): Operand {
    return this.#random.chance(2) ? imm(this.#random.below(3)) : this.#b.binary('and', this.#variable(), imm(15));
  }

  #call(): void {
    if (this.#callees.length === 0) return this.#compute();
    const { name, kind, parameters } = this.#random.pick(this.#callees);
    if (kind === 'callback') {
      // The kernel wants it in the frame, which cannot hold the large ones.
      const slot = this.#slots.find(({ size }) => size >= SHARED_BYTES && size <= 64);
      if (!slot) return this.#compute();
      // Not 0 rounds: Linux 6.18 trips over a callback that it has proved to be dead.
      const args = [
        imm(1 + this.#random.below(3)),
        this.#b.functionAddress(name),
        this.#b.addressOf(address(slot)),
        imm(0),
      ];
      return void this.#b.helper('loop', args);
    }
    const args = Array.from({ length: parameters }, () => this.#operand());
    if (kind === 'pointer') args[0] = this.#toShare();
    this.#b.call(name, args, this.#variable());
  }

  /** Memory of SHARED_BYTES: a slot, the input, or what is shared with us. */
  #toShare(): Reg {
    const slot = this.#slots.find(({ size }) => size >= SHARED_BYTES);
    if (this.#shared && this.#random.chance(2)) return this.#shared;
    return slot ? this.#b.addressOf(address(slot, slot.size - SHARED_BYTES)) : this.#b.mapValue('input', 64);
  }

  #throughShared(): void {
    if (!this.#shared) return this.#memory();
    this.#access(this.#shared, SHARED_BYTES);
  }

  /** A pointer that is null on one way, replaced or checked before it is used. */
  #mayBeNull(): void {
    const key = this.#b.slot('key', 8);
    this.#b.store(address(key), 8, this.#key());
    const found = this.#b.helper('map_lookup_elem', [this.#b.map('table'), this.#b.addressOf(address(key))]);
    if (this.#random.chance(2)) {
      const pointer = this.#b.reg();
      const input = () => this.#b.mapValue('input', 8, pointer);
      this.#b.when('ne', found, imm(0), () => this.#b.mov(found, pointer), input);
      this.#access(pointer, 8);
      this.#access(pointer, 8);
    }
    this.#b.when('ne', found, imm(0), () => {
      this.#access(found, 8);
      // Nothing that could delete the element.
      if (this.#random.chance(2)) this.#memory();
      else this.#convert();
      this.#b.when('ne', found, imm(0), () => this.#access(found, 8));
    });
  }

  #access(pointer: Reg, bytes: number): void {
    const size = this.#random.pick(SIZES);
    const at = this.#anywhere(pointer, size, bytes);
    switch (this.#random.below(4)) {
      case 0:
        return void this.#b.load(at, size, this.#random.chance(2), this.#variable());
      case 1:
        return this.#b.store(at, size, this.#operand());
      case 2:
        return this.#b.store(at, size, this.#b.add(this.#b.load(at, size), this.#operand()));
      default:
        return this.#b.atomic('add', address(pointer), 8, this.#variable());
    }
  }

  /** Input at an offset that only the run knows. */
  #indexed(): void {
    const size = this.#random.pick(SIZES);
    const offset = this.#b.binary('and', this.#variable(), imm(INPUT_BYTES - 8));
    const at = this.#b.add(this.#b.mapValue('input'), offset);
    this.#b.load(address(at), size, this.#random.chance(2), this.#variable());
  }

  #readKernel(): void {
    const to = this.#random.pick(this.#slots);
    const from = this.#random.pick(this.#slots);
    if (to === from) return;
    const size = 8 * (1 + this.#random.below(Math.min(to.size, from.size) / 8));
    const args = [this.#b.addressOf(address(to)), imm(size), this.#b.addressOf(address(from))];
    this.#b.helper('probe_read_kernel', args, this.#variable());
  }

  #anywhere<B extends Reg | Slot>(base: B, size: Size, within: number) {
    return address(base, this.#random.below(within / size) * size);
  }

  #variable(): Reg {
    return this.#random.pick(this.#variables);
  }

  #operand(): Operand {
    return this.#random.chance(3) ? imm(this.#constant()) : this.#variable();
  }

  #constant(): bigint {
    return this.#random.chance(3) ? this.#random.bits64() : this.#random.pick(CONSTANTS);
  }

  #width(): Width {
    return this.#random.chance(3) ? 32 : 64;
  }
}
