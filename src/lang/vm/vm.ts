/** An eBPF machine in TypeScript: runs generated functions without a kernel, for tests. */
import { PebbleError } from '../../base/errors.ts';
import { insnText } from '../../bpf/asm/disassemble.ts';
import { helperById } from '../../bpf/asm/helpers.ts';
import type { Instruction, Reference } from '../../bpf/asm/instruction.ts';
import { ALU, ATOMIC, CLASS, JUMP, MODE, OPCODE_LD_IMM64, SIZE, SOURCE_REG } from '../../bpf/asm/opcodes.ts';
import type { MapSpec } from '../../bpf/spec/map.ts';
import type { FunctionSpec } from '../../bpf/spec/program.ts';
import { alu32, alu64, byteswap, compare } from './alu.ts';
import { type Environment, environment } from './environment.ts';
import { type Arguments, type HelperContext, VM_HELPERS } from './helpers.ts';
import { VmMap } from './maps.ts';
import { type AccessSize, Memory } from './memory.ts';

export interface VmOptions {
  readonly environment?: Partial<Environment>;
  /** Programs that run longer are stopped with an error. */
  readonly maxInstructions?: number;
  /** Another program of the same collection: memory and maps are shared. */
  readonly beside?: Vm;
}

const STACK_SIZE = 512;
const FRAME_POINTER = 10;
const MAX_CALL_DEPTH = 8;
/** BPF_MAX_LOOPS: what may_goto lets a program do. */
const MAX_LOOPS = 8 * 1024 * 1024;

/** Instructions by slot; the second slot of an ld_imm64 is empty. */
interface Code {
  readonly name: string;
  readonly slots: readonly (Instruction | undefined)[];
  readonly address: bigint;
}

export class Vm {
  readonly memory: Memory;
  readonly environment: Environment;
  readonly maps: ReadonlyMap<string, VmMap>;
  /** Executed by the last run. */
  instructions = 0;
  /** Helpers that the last run has called, by name. */
  readonly helpers = new Map<string, number>();
  /** The program's own functions that it has called. */
  readonly calls = new Map<string, number>();
  readonly #functions = new Map<string, Code>();
  readonly #entry: string;
  readonly #limit: number;
  readonly #context: HelperContext;
  #loops = 0;
  #depth = 0;

  constructor(functions: readonly FunctionSpec[], maps: readonly MapSpec[] = [], options: VmOptions = {}) {
    this.environment = environment(options.environment);
    this.#limit = options.maxInstructions ?? 10_000_000;
    this.memory = options.beside?.memory ?? new Memory();
    this.maps = options.beside?.maps ?? new Map(maps.map((spec) => [spec.name, new VmMap(spec, this.memory)]));
    this.#entry = functions[0]!.name;
    for (const { name, insns } of functions) {
      const slots = insns.flatMap((insn) => (insn.opcode === OPCODE_LD_IMM64 ? [insn, undefined] : [insn]));
      this.#functions.set(name, { name, slots, address: this.memory.map(`code of ${name}`, new Uint8Array(0)) });
    }
    this.#context = {
      memory: this.memory,
      environment: this.environment,
      map: (handle) => this.#mapByHandle(handle),
      call: (address, args) => this.#callAddress(address, args),
      reserved: new Map(),
    };
  }

  map(name: string): VmMap {
    const found = this.maps.get(name);
    if (!found) throw new PebbleError('internal', { what: `the VM has no map ${name}` });
    return found;
  }

  /** Runs the entry function on a context of these bytes and returns r0. */
  run(context: Uint8Array = new Uint8Array(0)): bigint {
    this.instructions = 0;
    this.helpers.clear();
    this.calls.clear();
    this.#loops = 0;
    const address = this.memory.map('context', context);
    try {
      return this.#call(this.#entry, [address]);
    } finally {
      this.memory.unmap(address);
    }
  }

  #call(name: string, args: readonly bigint[]): bigint {
    const code = this.#functions.get(name);
    if (!code) throw new PebbleError('internal', { what: `the VM has no function ${name}` });
    if (++this.#depth > MAX_CALL_DEPTH) throw new PebbleError('internal', { what: 'calls are nested too deeply' });
    // Rubbish instead of zeros: what is not written must not be read.
    const stack = this.memory.map('stack', new Uint8Array(STACK_SIZE).fill(0xa5));
    const registers = new BigUint64Array(FRAME_POINTER + 1).fill(0xdead_beef_dead_beefn);
    args.forEach((arg, i) => {
      registers[i + 1] = arg;
    });
    registers[FRAME_POINTER] = stack + BigInt(STACK_SIZE);
    try {
      return this.#execute(code, registers);
    } finally {
      this.memory.unmap(stack);
      this.#depth--;
    }
  }

  #execute(code: Code, r: BigUint64Array): bigint {
    for (let slot = 0; ; ) {
      const insn = code.slots[slot];
      if (!insn) throw this.#fault(code, slot, 'there is no instruction');
      if (++this.instructions > this.#limit) throw this.#fault(code, slot, 'the program runs too long');
      try {
        const next = this.#step(insn, r, slot);
        if (next < 0) return r[0]!;
        slot = next;
      } catch (error) {
        if (error instanceof PebbleError && error.doing) throw error;
        throw this.#fault(code, slot, error instanceof PebbleError ? error.what : String(error));
      }
    }
  }

  /** Returns the next slot, −1 at the end. */
  #step(insn: Instruction, r: BigUint64Array, slot: number): number {
    switch (insn.opcode & 7) {
      case CLASS.alu64:
      case CLASS.alu32:
        r[insn.dst] = this.#alu(insn, r);
        return slot + 1;
      case CLASS.ld:
        r[insn.dst] = insn.ref ? this.#reference(insn.ref) : BigInt(insn.imm);
        return slot + 2;
      case CLASS.ldx:
        r[insn.dst] = this.#load(insn, r);
        return slot + 1;
      case CLASS.st:
        this.memory.store(r[insn.dst]! + BigInt(insn.offset), sizeOfAccess(insn.opcode), immediate(insn));
        return slot + 1;
      case CLASS.stx:
        this.#store(insn, r);
        return slot + 1;
      default:
        return this.#jump(insn, r, slot);
    }
  }

  #alu(insn: Instruction, r: BigUint64Array): bigint {
    const operation = insn.opcode & 0xf0;
    if (operation === ALU.end) {
      // Class alu64 always swaps; alu32 swaps if the source bit says big-endian, else it only cuts.
      const swaps = (insn.opcode & 7) === CLASS.alu64 || (insn.opcode & SOURCE_REG) !== 0;
      const bits = Number(insn.imm);
      return swaps ? byteswap(r[insn.dst]!, bits) : BigInt.asUintN(bits, r[insn.dst]!);
    }
    const compute = (insn.opcode & 7) === CLASS.alu64 ? alu64 : alu32;
    return compute(operation, r[insn.dst]!, operand(insn, r), insn.offset);
  }

  #load(insn: Instruction, r: BigUint64Array): bigint {
    const size = sizeOfAccess(insn.opcode);
    const value = this.memory.load(BigInt.asUintN(64, r[insn.src]! + BigInt(insn.offset)), size);
    return (insn.opcode & 0xe0) === MODE.memsx ? BigInt.asUintN(64, BigInt.asIntN(size * 8, value)) : value;
  }

  #store(insn: Instruction, r: BigUint64Array): void {
    const at = BigInt.asUintN(64, r[insn.dst]! + BigInt(insn.offset));
    const size = sizeOfAccess(insn.opcode);
    if ((insn.opcode & 0xe0) !== MODE.atomic) return this.memory.store(at, size, r[insn.src]!);
    const old = this.memory.load(at, size);
    const operation = Number(insn.imm);
    if (operation === ATOMIC.cmpxchg) {
      if (old === BigInt.asUintN(size * 8, r[0]!)) this.memory.store(at, size, r[insn.src]!);
      r[0] = old;
      return;
    }
    this.memory.store(at, size, atomicResult(operation, old, r[insn.src]!));
    if ((operation & ATOMIC.fetchAdd) !== 0) r[insn.src] = old;
  }

  #jump(insn: Instruction, r: BigUint64Array, slot: number): number {
    const taken = slot + 1 + insn.offset;
    const width = (insn.opcode & 7) === CLASS.jmp ? 64 : 32;
    switch (insn.opcode & 0xf0) {
      case JUMP.ja:
        return width === 64 ? taken : slot + 1 + Number(insn.imm);
      case JUMP.exit:
        return -1;
      case JUMP.call:
        this.#callInsn(insn, r);
        return slot + 1;
      case JUMP.may:
        return ++this.#loops > MAX_LOOPS ? taken : slot + 1;
      default:
        return compare(insn.opcode & 0xf0, r[insn.dst]!, operand(insn, r), width) ? taken : slot + 1;
    }
  }

  #callInsn(insn: Instruction, r: BigUint64Array): void {
    const args: Arguments = [r[1]!, r[2]!, r[3]!, r[4]!, r[5]!];
    if (insn.ref?.kind === 'function') {
      this.calls.set(insn.ref.name, (this.calls.get(insn.ref.name) ?? 0) + 1);
      r[0] = this.#call(insn.ref.name, args);
    } else {
      const name = insn.ref ? '' : (helperById(Number(insn.imm))?.name ?? '');
      const helper = VM_HELPERS[name];
      if (!helper) throw new PebbleError('internal', { what: `the VM does not know ${insnText(insn)}` });
      this.helpers.set(name, (this.helpers.get(name) ?? 0) + 1);
      r[0] = BigInt.asUintN(64, helper(this.#context, args));
    }
    r.fill(0xdead_beef_dead_beefn, 1, 6);
  }

  #reference(ref: Reference): bigint {
    switch (ref.kind) {
      case 'map':
        return this.map(ref.map).handle;
      case 'mapValue':
        return this.map(ref.map).valueAddress(ref.offset);
      case 'functionAddress':
        return this.#functions.get(ref.name)?.address ?? 0n;
      case 'kernelSymbol':
        return this.environment.symbols.get(ref.name) ?? 0n;
      case 'function':
      case 'kfunc':
      case 'moduleFunction':
      case 'moduleVariable':
        throw new PebbleError('internal', { what: `${ref.kind} is no value` });
    }
  }

  #mapByHandle(handle: bigint): VmMap {
    for (const map of this.maps.values()) if (map.handle === handle) return map;
    throw new PebbleError('internal', { what: `0x${handle.toString(16)} is no map` });
  }

  #callAddress(address: bigint, args: readonly bigint[]): bigint {
    for (const code of this.#functions.values()) if (code.address === address) return this.#call(code.name, args);
    throw new PebbleError('internal', { what: `0x${address.toString(16)} is no function` });
  }

  #fault(code: Code, slot: number, what: string): PebbleError {
    const insn = code.slots[slot];
    const text = insn ? ` (${insnText(insn)})` : '';
    return new PebbleError('internal', { doing: `running instruction ${slot} of ${code.name}${text} in the VM`, what });
  }
}

const SIZES: Readonly<Record<number, AccessSize>> = { [SIZE.u8]: 1, [SIZE.u16]: 2, [SIZE.u32]: 4, [SIZE.u64]: 8 };
const sizeOfAccess = (opcode: number): AccessSize => SIZES[opcode & 0x18]!;
const immediate = (insn: Instruction): bigint => BigInt.asUintN(64, BigInt(insn.imm));
const operand = (insn: Instruction, r: BigUint64Array): bigint =>
  (insn.opcode & SOURCE_REG) !== 0 ? r[insn.src]! : immediate(insn);

function atomicResult(operation: number, old: bigint, value: bigint): bigint {
  switch (operation & ~ATOMIC.fetchAdd) {
    case ATOMIC.add:
      return BigInt.asUintN(64, old + value);
    case ATOMIC.or:
      return old | value;
    case ATOMIC.and:
      return old & value;
    case ATOMIC.xor:
      return old ^ value;
    case ATOMIC.xchg & ~ATOMIC.fetchAdd:
      return value;
    default:
      throw new PebbleError('internal', { what: `no atomic operation 0x${operation.toString(16)}` });
  }
}
