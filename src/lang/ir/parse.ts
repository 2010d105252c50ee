/** Reads the text form of the IR, for tests and for looking at one pass alone. */
import { PebbleError } from '../../base/errors.ts';
import type {
  Address,
  AtomicOp,
  BinaryOp,
  Block,
  Comparison,
  IrFunction,
  IrProgram,
  Op,
  Operand,
  Reg,
  Size,
  Slot,
  Terminator,
  Width,
} from './ir.ts';
import { slotOf } from './operands.ts';

const BINARY = /^(add|sub|mul|udiv|sdiv|umod|smod|and|or|xor|shl|ushr|sshr)(32|64)$/;
const COMPARISON = /^(eq|ne|ult|ule|ugt|uge|slt|sle|sgt|sge|set)(32|64)$/;
const TOKEN = /%\d+|\$\d+|-?\d+\b|[A-Za-z_][\w.]*|\S/g;

export function parseProgram(name: string, text: string): IrProgram {
  const functions: IrFunction[] = [];
  let current: FunctionReader | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const tokens = line.replace(/\/\/.*/, '').match(TOKEN);
    if (!tokens) continue;
    const reader = new LineReader(tokens, index + 1);
    if (tokens[0] === 'function') current = new FunctionReader(reader);
    else if (!current) throw reader.fail('"function" comes first');
    else if (tokens[0] === '}') functions.push(current.finish());
    else current.line(reader);
  }
  return { name, functions };
}

/** The tokens of one line, in order. */
class LineReader {
  readonly #tokens: readonly string[];
  readonly #line: number;
  #at = 0;

  constructor(tokens: readonly string[], line: number) {
    this.#tokens = tokens;
    this.#line = line;
  }

  get peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  word(): string {
    return this.#tokens[this.#at++] ?? '';
  }

  skip(text: string): boolean {
    if (this.peek !== text) return false;
    this.#at++;
    return true;
  }

  expect(text: string): void {
    if (!this.skip(text)) throw this.fail(`"${text}" expected, not "${this.peek}"`);
  }

  number(): number {
    const value = Number(this.word());
    if (!Number.isInteger(value)) throw this.fail('a number expected');
    return value;
  }

  reg(): Reg {
    const word = this.word();
    if (!word.startsWith('%')) throw this.fail(`a register expected, not "${word}"`);
    return { kind: 'reg', id: Number(word.slice(1)) };
  }

  operand(): Operand {
    if (this.peek.startsWith('%')) return this.reg();
    const word = this.word();
    if (!/^-?\d+$/.test(word)) throw this.fail(`a register or a number expected, not "${word}"`);
    return { kind: 'imm', value: BigInt(word) };
  }

  block(): number {
    const word = this.word();
    if (!/^b\d+$/.test(word)) throw this.fail(`a block expected, not "${word}"`);
    return Number(word.slice(1));
  }

  fail(what: string): PebbleError {
    return new PebbleError('internal', { doing: `reading IR, line ${this.#line}`, what });
  }
}

class FunctionReader {
  readonly #name: string;
  readonly #parameters: Reg[] = [];
  readonly #slots: Slot[] = [];
  readonly #blocks: Block[] = [];
  #registers = 0;

  constructor(line: LineReader) {
    line.expect('function');
    this.#name = line.word();
    line.expect('(');
    while (!line.skip(')')) {
      this.#parameters.push(this.#reg(line));
      line.skip(',');
    }
    line.expect('{');
  }

  finish(): IrFunction {
    return {
      name: this.#name,
      parameters: this.#parameters,
      blocks: this.#blocks,
      slots: this.#slots,
      registers: this.#registers,
    };
  }

  line(line: LineReader): void {
    if (line.peek === 'slot') return this.#slot(line);
    if (/^b\d+$/.test(line.peek)) {
      this.#blocks.push({ id: line.block(), ops: [] });
      return;
    }
    const block = this.#blocks.at(-1);
    if (!block) throw line.fail('a block expected');
    const end = this.#terminator(line);
    if (end) block.end = end;
    else block.ops.push(this.#op(line));
  }

  #slot(line: LineReader): void {
    line.expect('slot');
    const id = Number(line.word().slice(1));
    const name = line.word();
    const size = line.number();
    line.expect('align');
    const align = line.number() as Slot['align'];
    this.#slots.push({ id, name, size, align, place: line.skip('frame') ? 'frame' : 'any' });
  }

  #reg(line: LineReader): Reg {
    const reg = line.reg();
    this.#registers = Math.max(this.#registers, reg.id + 1);
    return reg;
  }

  #address(line: LineReader): Address {
    line.expect('[');
    let base: Reg | Slot;
    if (line.peek.startsWith('$')) {
      const slot = this.#slots.find(({ id }) => `$${id}` === line.peek);
      if (!slot) throw line.fail(`there is no slot ${line.peek}`);
      line.word();
      base = slot;
    } else base = this.#reg(line);
    const offset = line.skip(',') ? line.number() : 0;
    line.expect(']');
    return { base, offset };
  }

  #terminator(line: LineReader): Terminator | undefined {
    switch (line.peek) {
      case 'jump':
        line.word();
        return { op: 'jump', to: line.block() };
      case 'return':
        line.word();
        return { op: 'return', value: line.operand() };
      case 'guard': {
        line.word();
        const [yes, no] = this.#twoBlocks(line);
        return { op: 'guard', then: yes, else: no };
      }
      case 'branch': {
        line.word();
        const comparison = COMPARISON.exec(line.word());
        if (!comparison) throw line.fail('a comparison expected');
        const a = line.operand();
        line.expect(',');
        const b = line.operand();
        line.expect(',');
        const [yes, no] = this.#twoBlocks(line);
        const cmp = comparison[1] as Comparison;
        return { op: 'branch', cmp, a, b, width: Number(comparison[2]) as Width, then: yes, else: no };
      }
      default:
        return undefined;
    }
  }

  #twoBlocks(line: LineReader): [number, number] {
    const yes = line.block();
    line.expect(',');
    return [yes, line.block()];
  }

  #op(line: LineReader): Op {
    const dst = line.peek.startsWith('%') ? this.#reg(line) : undefined;
    if (dst) line.expect('=');
    const word = line.word();
    const call = this.#call(word, line, dst);
    if (call) return call;
    if (word === 'atomic') return this.#atomic(line, dst);
    return dst ? this.#value(word, line, dst) : this.#effect(word, line);
  }

  #call(word: string, line: LineReader, dst: Reg | undefined): Op | undefined {
    if (word !== 'helper' && word !== 'kfunc' && word !== 'call') return undefined;
    const name = line.word();
    const args: Operand[] = [];
    line.expect('(');
    while (!line.skip(')')) {
      args.push(line.operand());
      line.skip(',');
    }
    return { op: word, name, args, ...(dst && { dst }) };
  }

  #atomic(line: LineReader, fetch: Reg | undefined): Op {
    const fn = line.word() as AtomicOp;
    const size = line.number() as 4 | 8;
    const at = this.#address(line);
    line.expect(',');
    const src = line.reg();
    const expected = line.skip(',') ? line.reg() : undefined;
    return { op: 'atomic', fn, at, size, src, ...(fetch && { fetch }), ...(expected && { expected }) };
  }

  #effect(word: string, line: LineReader): Op {
    switch (word) {
      case 'store': {
        const size = line.number() as Size;
        const to = this.#address(line);
        line.expect(',');
        return { op: 'store', to, size, src: line.operand() };
      }
      case 'copy': {
        const to = this.#address(line);
        line.expect(',');
        const from = this.#address(line);
        line.expect(',');
        return { op: 'copy', to, from, bytes: line.number() };
      }
      case 'zero': {
        const at = this.#address(line);
        line.expect(',');
        return { op: 'zero', at, bytes: line.number() };
      }
      case 'fresh': {
        const slot = slotOf(this.#address(line));
        if (!slot) throw line.fail('fresh wants a slot');
        return { op: 'fresh', slot };
      }
      default:
        throw line.fail(`there is no operation "${word}"`);
    }
  }

  #value(word: string, line: LineReader, dst: Reg): Op {
    const binary = BINARY.exec(word);
    if (binary) {
      const a = line.operand();
      line.expect(',');
      return { op: 'binary', fn: binary[1] as BinaryOp, dst, a, b: line.operand(), width: Number(binary[2]) as Width };
    }
    switch (word) {
      case 'mov64':
        return { op: 'mov', dst, src: line.operand() };
      case 'mov32':
        return { op: 'mov', dst, src: line.operand(), width: 32 };
      case 'neg64':
      case 'neg32':
        return { op: 'neg', dst, src: line.operand(), width: word === 'neg64' ? 64 : 32 };
      case 'extend': {
        const { size, signed } = this.#type(line);
        return { op: 'extend', dst, src: line.operand(), size: size as 1 | 2 | 4, signed };
      }
      case 'byteswap': {
        const size = line.number() as 2 | 4 | 8;
        return { op: 'byteswap', dst, src: line.operand(), size };
      }
      case 'load': {
        const { size, signed } = this.#type(line);
        return { op: 'load', dst, from: this.#address(line), size, signed };
      }
      case 'address':
        return { op: 'addressOf', dst, of: this.#address(line) };
      case 'map':
        return { op: 'map', dst, map: line.word() };
      case 'mapValue': {
        const map = line.word();
        line.expect(',');
        return { op: 'mapValue', dst, map, offset: line.number() };
      }
      case 'functionAddress':
      case 'kernelSymbol':
        return { op: word, dst, name: line.word() };
      default:
        throw line.fail(`there is no operation "${word}"`);
    }
  }

  #type(line: LineReader): { size: Size; signed: boolean } {
    const word = line.word();
    if (!/^[us](8|16|32|64)$/.test(word)) throw line.fail(`a type like u32 expected, not "${word}"`);
    return { size: (Number(word.slice(1)) / 8) as Size, signed: word.startsWith('s') };
  }
}
