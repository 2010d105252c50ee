/**
 * Walks a copied stack from the innermost function to the first of its thread, by the call frame information of
 * the mapped files; by frame pointers through code that has none.
 */
import type { Arch } from '../elf/index.ts';
import { VDSO } from '../symbols/index.ts';
import { type AddressSpace, AddressSpaces, type Code } from './address-space.ts';
import {
  type ExpressionScope,
  evaluate,
  KIND_BITS,
  ROW,
  ROW_FLAG,
  type Rows,
  RULE,
  type UnwindTable,
} from './cfi/index.ts';
import { type Machine, machineOf } from './machine.ts';
import { restoreInterrupted } from './signal-frame.ts';
import { readWord, StackMemory } from './stack-memory.ts';
import { UnwindTables } from './tables.ts';

/** Why a walk ended. */
export type StopReason =
  /** At the first function of the thread. */
  | 'root'
  /** The copy of the stack ends, or there are more frames than are kept. */
  | 'truncated'
  /** In code that nothing is known about, or the process was gone before its mappings were read. */
  | 'no unwind info'
  /** The tables led to what cannot be a stack frame. */
  | 'bad';

export interface UnwinderOptions {
  readonly tables?: UnwindTables;
  /** Frames of one stack, at most. */
  readonly maxFrames?: number;
}

/** What bpftrace and perf keep at most. */
const DEFAULT_FRAMES = 127;

const KIND_MASK = (1 << KIND_BITS) - 1;

export class Unwinder {
  readonly spaces: AddressSpaces;
  readonly tables: UnwindTables;
  /** Innermost first: an instruction, and then where each function is returned to. */
  readonly addresses: Float64Array;
  /** Where the function of each frame starts by its file's tables, as linked: one name for all processes; NaN if unknown. */
  readonly starts: Float64Array;
  count = 0;
  /** Frames whose caller was found without a table: likely, not certain. */
  guessed = 0;
  readonly #machine: Machine;
  readonly #registers: Float64Array;
  readonly #before: Float64Array;
  readonly #memory: StackMemory;
  readonly #scope: ExpressionScope;
  #ip = 0;
  /** The instruction pointer is that of an instruction, not where a call returns to. */
  #exact = true;
  /** See #stepFromLeaf. */
  #mayGuessLeaf = true;
  #guessedLeaf = false;

  constructor(arch: Arch, options: UnwinderOptions = {}) {
    this.#machine = machineOf(arch);
    this.#memory = new StackMemory(this.#machine.addressMask);
    this.tables = options.tables ?? new UnwindTables();
    this.spaces = new AddressSpaces(this.tables);
    const maxFrames = options.maxFrames ?? DEFAULT_FRAMES;
    this.addresses = new Float64Array(maxFrames);
    this.starts = new Float64Array(maxFrames);
    // One more than there are: the return address, for expressions.
    this.#registers = new Float64Array(this.#machine.places.length + 1);
    this.#before = new Float64Array(this.#registers.length);
    this.#scope = {
      register: (number) => this.#before[number] ?? Number.NaN,
      read: (address) => this.#memory.read(address),
    };
  }

  /**
   * `registersAt` is where the view has struct pt_regs, `stackAt` where it has the stack from the stack pointer on.
   * `parent` stands for a process that is gone.
   */
  unwind(
    pid: number,
    view: DataView,
    registersAt: number,
    stackAt: number,
    stackBytes: number,
    parent?: number,
  ): StopReason {
    const space = this.spaces.of(pid) ?? (parent === undefined ? undefined : this.spaces.of(parent));
    this.#begin(view, registersAt, stackAt, stackBytes);
    if (space === undefined) {
      this.#push();
      return 'no unwind info';
    }
    this.#mayGuessLeaf = true;
    this.#guessedLeaf = false;
    const reason = this.#walk(space);
    if (!this.#guessedLeaf || reason === 'root' || reason === 'truncated') return reason;
    this.#begin(view, registersAt, stackAt, stackBytes);
    this.#mayGuessLeaf = false;
    return this.#walk(space);
  }

  #begin(view: DataView, registersAt: number, stackAt: number, stackBytes: number): void {
    this.#load(view, registersAt);
    this.#memory.use(view, stackAt, stackBytes, this.#registers[this.#machine.stackPointer]!);
    this.count = 0;
    this.guessed = 0;
    this.#exact = true;
  }

  #load(view: DataView, at: number): void {
    const { places, programCounterPlace, addressMask } = this.#machine;
    for (let i = 0; i < places.length; i++) this.#registers[i] = readWord(view, at + places[i]!, addressMask);
    this.#ip = readWord(view, at + programCounterPlace, addressMask);
  }

  #walk(space: AddressSpace): StopReason {
    for (;;) {
      if (this.count === this.addresses.length) return 'truncated';
      this.#push();
      const address = this.#exact ? this.#ip : this.#ip - 1;
      let code = space.find(address);
      if (code === undefined) {
        space = this.spaces.lookAgain(space);
        code = space.find(address);
        if (code === undefined) return 'bad';
      }
      const table = code.file && (code.file.table ?? this.tables.want(code.file, space.pid, code.mapping));
      const stop = table ? this.#stepIn(table, code, address, space) : this.#stepWithoutRow(space);
      if (stop !== undefined) return stop;
    }
  }

  #push(): void {
    this.addresses[this.count] = this.#ip;
    this.starts[this.count++] = Number.NaN;
  }

  /** To the caller; a reason when there is none to go to. */
  #stepIn(table: UnwindTable, code: Code, address: number, space: AddressSpace): StopReason | undefined {
    if (Number.isNaN(code.bias)) code.bias = biasOf(table, code, address);
    const linked = address - code.bias;
    const row = table.find(linked);
    if (this.#machine.arch === 'arm64' && code.mapping.path === VDSO && !isOrdinary(table.rows, row)) {
      return this.#stepToInterrupted();
    }
    if (row === 0) return table.isEntryPoint(linked) ? 'root' : this.#stepWithoutRow(space);
    this.starts[this.count - 1] = table.start;
    return this.#step(table.rows, row);
  }

  #step({ words, expressions }: Rows, row: number): StopReason | undefined {
    if (words[row + ROW.returnKind] === RULE.undefined) return 'root';
    const { stackPointer, returnRegister } = this.#machine;
    const registers = this.#registers;
    const before = this.#before;
    before.set(registers);
    before[before.length - 1] = this.#ip;
    const base = words[row]!;
    const value = words[row + ROW.cfaValue]!;
    const cfa = base >= 0 ? before[base]! + value : evaluate(expressions[value]!, this.#scope);
    const interrupted = (words[row + ROW.flags]! & ROW_FLAG.signal) !== 0;
    // Every frame takes room, but those of leaf functions that keep the return address in a register.
    const below = before[stackPointer]!;
    if (!(cfa > below || (cfa === below && this.#exact) || (interrupted && cfa > 0))) return this.#lost(cfa);
    const to = this.#recover(
      words[row + ROW.returnKind]!,
      words[row + ROW.returnValue]!,
      returnRegister,
      cfa,
      expressions,
    );
    registers[stackPointer] = cfa;
    const end = row + ROW.registers + 2 * words[row + ROW.count]!;
    for (let at = row + ROW.registers; at < end; at += 2) {
      const register = words[at]! >> KIND_BITS;
      if (register >= registers.length) continue;
      registers[register] = this.#recover(words[at]! & KIND_MASK, words[at + 1]!, register, cfa, expressions);
    }
    return this.#goTo(to, interrupted);
  }

  /** A register's value in the caller. */
  #recover(kind: number, value: number, register: number, cfa: number, expressions: readonly Uint8Array[]): number {
    const memory = this.#memory;
    switch (kind) {
      case RULE.saved: {
        const saved = memory.read(cfa + value);
        // Below the stack pointer lies what was just popped: tables leave that unsaid.
        return cfa + value < memory.low ? this.#before[register]! : saved;
      }
      case RULE.same:
        return this.#before[register]!;
      case RULE.offset:
        return cfa + value;
      case RULE.register:
        return this.#before[value] ?? Number.NaN;
      case RULE.savedAtExpression:
        return memory.read(evaluate(expressions[value]!, this.#scope, cfa));
      case RULE.expression:
        return evaluate(expressions[value]!, this.#scope, cfa);
      default:
        return Number.NaN;
    }
  }

  #stepToInterrupted(): StopReason | undefined {
    const registers = this.#registers;
    return this.#goTo(restoreInterrupted(this.#memory, registers[this.#machine.stackPointer]!, registers), true);
  }

  #stepWithoutRow(space: AddressSpace): StopReason | undefined {
    if (this.#exact && this.#mayGuessLeaf && this.count === 1) {
      const to = this.#leafReturn();
      if (this.#isCode(space, to)) return this.#stepFromLeaf(to);
    }
    return this.#stepByFramePointer(space);
  }

  /** Where a function without a frame would return to: on top of the stack, or in its register. */
  #leafReturn(): number {
    const { arch, stackPointer, returnRegister } = this.#machine;
    const registers = this.#registers;
    return arch === 'arm64' ? registers[returnRegister]! : this.#memory.read(registers[stackPointer]!);
  }

  /** Assembler without tables (OPENSSL_cleanse): most of it has no frame. That the walk then arrives proves it. */
  #stepFromLeaf(to: number): StopReason | undefined {
    const { arch, stackPointer } = this.#machine;
    if (arch === 'x86_64') this.#registers[stackPointer]! += 8;
    this.guessed++;
    this.#guessedLeaf = true;
    return this.#goTo(to, false);
  }

  #isCode(space: AddressSpace, returnAddress: number): boolean {
    return space.find(returnAddress - 1) !== undefined;
  }

  /** The caller's frame pointer and the return address lie where the frame pointer points to, on both machines. */
  #stepByFramePointer(space: AddressSpace): StopReason | undefined {
    const { framePointer, stackPointer } = this.#machine;
    const registers = this.#registers;
    const frame = registers[framePointer]!;
    // The ABIs mark the first frame so.
    if (frame === 0 && !this.#exact) return 'root';
    if (!(frame >= registers[stackPointer]! && this.#memory.holds(frame + 8))) return 'no unwind info';
    const to = this.#memory.read(frame + 8);
    if (to !== 0 && !this.#isCode(space, to)) return 'no unwind info';
    registers[framePointer] = this.#memory.read(frame);
    registers[stackPointer] = frame + 16;
    this.guessed++;
    return this.#goTo(to, false);
  }

  #goTo(address: number, exact: boolean): StopReason | undefined {
    if (Number.isNaN(address)) return this.#lost(address);
    if (address === 0) return 'root';
    this.#ip = address;
    this.#exact = exact;
    const { returnRegister, stackPointer } = this.#machine;
    if (exact) {
      // A handler may have a stack of its own.
      return this.#memory.holds(this.#registers[stackPointer]!) ? undefined : this.#cutShort();
    }
    // The call overwrote it.
    this.#registers[returnRegister] = Number.NaN;
    return undefined;
  }

  /** The frame is known, but not what is above it. */
  #cutShort(): StopReason {
    if (this.count < this.addresses.length) this.#push();
    return 'truncated';
  }

  #lost(value: number): StopReason {
    return Number.isNaN(value) && this.#memory.ended ? 'truncated' : 'bad';
  }
}

function isOrdinary({ words }: Rows, row: number): boolean {
  return row !== 0 && (words[row + ROW.flags]! & ROW_FLAG.signal) === 0;
}

function biasOf(table: UnwindTable, { mapping }: Code, address: number): number {
  return address - (table.addressOf(address - mapping.start + mapping.offset) ?? Number.NaN);
}
