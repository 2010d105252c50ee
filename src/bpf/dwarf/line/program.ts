/** Runs a line program: its instructions give the rows of the table from addresses to lines. */
import type { DwarfCursor } from '../cursor.ts';
import type { LineHeader, LineParameters } from './header.ts';

/** Rows in the program's order, one element each. */
export interface Rows {
  readonly addresses: Float64Array;
  readonly files: Uint32Array;
  readonly lines: Uint32Array;
  readonly columns: Uint16Array;
  /** ROW. */
  readonly flags: Uint8Array;
}

/** `end`: one past the last byte of a sequence; the address belongs to no line. */
export const ROW = { statement: 1, end: 2 } as const;

/** DW_LNS_* */
const STANDARD = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  constAddPc: 8,
  fixedAdvancePc: 9,
} as const;
/** DW_LNE_* */
const EXTENDED = { endSequence: 1, setAddress: 2 } as const;

class Machine {
  readonly #parameters: LineParameters;
  readonly #addresses: number[] = [];
  readonly #files: number[] = [];
  readonly #lines: number[] = [];
  readonly #columns: number[] = [];
  readonly #flags: number[] = [];
  address = 0;
  file = 1;
  line = 1;
  column = 0;
  isStatement: boolean;

  constructor(parameters: LineParameters) {
    this.#parameters = parameters;
    this.isStatement = parameters.isStatement;
  }

  emit(end = false): void {
    this.#addresses.push(this.address);
    this.#files.push(this.file);
    this.#lines.push(this.line);
    this.#columns.push(this.column);
    this.#flags.push((this.isStatement ? ROW.statement : 0) | (end ? ROW.end : 0));
  }

  reset(): void {
    this.address = 0;
    this.file = 1;
    this.line = 1;
    this.column = 0;
    this.isStatement = this.#parameters.isStatement;
  }

  advance(instructions: number): void {
    this.address += instructions * this.#parameters.minimumLength;
  }

  /** One byte that moves both the address and the line. */
  special(opcode: number): void {
    const { opcodeBase, lineRange, lineBase } = this.#parameters;
    const adjusted = opcode - opcodeBase;
    this.advance(Math.floor(adjusted / lineRange));
    this.line += lineBase + (adjusted % lineRange);
    this.emit();
  }

  constAdd(): void {
    const { opcodeBase, lineRange } = this.#parameters;
    this.advance(Math.floor((255 - opcodeBase) / lineRange));
  }

  rows(): Rows {
    return {
      addresses: Float64Array.from(this.#addresses),
      files: Uint32Array.from(this.#files),
      lines: Uint32Array.from(this.#lines),
      columns: Uint16Array.from(this.#columns),
      flags: Uint8Array.from(this.#flags),
    };
  }
}

export function runLineProgram({ program, parameters }: LineHeader): Rows {
  const machine = new Machine(parameters);
  while (program.remaining > 0) {
    const opcode = program.u8();
    if (opcode >= parameters.opcodeBase) machine.special(opcode);
    else if (opcode === 0) extended(program, machine);
    else standard(opcode, program, machine, parameters);
  }
  return machine.rows();
}

function standard(opcode: number, program: DwarfCursor, machine: Machine, { operands }: LineParameters): void {
  switch (opcode) {
    case STANDARD.copy:
      return machine.emit();
    case STANDARD.advancePc:
      return machine.advance(program.uleb());
    case STANDARD.advanceLine:
      machine.line += program.sleb();
      return;
    case STANDARD.setFile:
      machine.file = program.uleb();
      return;
    case STANDARD.setColumn:
      machine.column = program.uleb();
      return;
    case STANDARD.negateStatement:
      machine.isStatement = !machine.isStatement;
      return;
    case STANDARD.constAddPc:
      return machine.constAdd();
    case STANDARD.fixedAdvancePc:
      machine.address += program.u16();
      return;
    default:
      // Marks of blocks, prologues and instruction sets, and what later versions add.
      for (let i = operands[opcode - 1] ?? 0; i > 0; i--) program.skipLeb();
  }
}

/** A length, then an opcode with its operand. */
function extended(program: DwarfCursor, machine: Machine): void {
  const length = program.uleb();
  const end = program.offset + length;
  if (length === 0) return;
  const opcode = program.u8();
  if (opcode === EXTENDED.setAddress) machine.address = program.sized(length - 1);
  else if (opcode === EXTENDED.endSequence) {
    machine.emit(true);
    machine.reset();
  }
  program.offset = end;
}
