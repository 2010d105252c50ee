/** How long an x86-64 instruction is: of what follows one another in code, each start follows from the first (Intel SDM volume 2, appendix A). */

/** Operand-size, address-size, segments, repeats, lock. */
const PREFIXES = new Set([0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65]);
const [OPERAND_SIZE, ADDRESS_SIZE] = [0x66, 0x67];
const LONGEST = 15;

/**
 * Sixteen opcodes a line. `.` the opcode alone; `m` operands by ModRM; a digit: so many bytes of constant; `M` ModRM and one byte;
 * `z` a constant of the operand's size, at most four bytes; `Z` ModRM and that; `v` one of up to eight; `o` an address;
 * `g`, `G` ModRM, and in two of eight forms a constant (one byte, `z`); `-` none that a compiler writes.
 */
const ONE_BYTE = [
  'mmmm1z--mmmm1z--',
  'mmmm1z--mmmm1z--',
  'mmmm1z--mmmm1z--',
  'mmmm1z--mmmm1z--',
  '----------------',
  '................',
  '---m----zZ1M....',
  '1111111111111111',
  'MZ-Mmmmmmmmmmmmm',
  '..........-.....',
  'oooo....1z......',
  '11111111vvvvvvvv',
  'MM2.--MZ3.2..1-.',
  'mmmm---.mmmmmmmm',
  '11111111zz-1....',
  '-.--..gG......mm',
].join('');
const TWO_BYTES = [
  'mmmm-.....-.-m.M',
  'mmmmmmmmmmmmmmmm',
  'mmmm----mmmmmmmm',
  '........--------',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'MMMMmmm.mmmmmmmm',
  'zzzzzzzzzzzzzzzz',
  'mmmmmmmmmmmmmmmm',
  '...mMm--...mMmmm',
  'mmmmmmmmmmMmmmmm',
  'mmMmMMMm........',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
  'mmmmmmmmmmmmmmmm',
].join('');

interface Operation {
  readonly form: string;
  /** Bytes up to and with the opcode, without prefixes. */
  readonly length: number;
}

/** Of the instruction that starts at `at`; undefined: it is none, or not one that is known here. */
export function x86Length(code: Uint8Array, at: number): number | undefined {
  let [start, short, near] = [at, false, false];
  for (; PREFIXES.has(code[start]!); start++) {
    short ||= code[start] === OPERAND_SIZE;
    near ||= code[start] === ADDRESS_SIZE;
  }
  const hasRex = (code[start]! & 0xf0) === 0x40;
  const wide = hasRex && (code[start]! & 8) !== 0;
  if (hasRex) start++;
  const found = operation(code, start);
  if (found === undefined || found.form === '-') return undefined;
  const { form } = found;
  const end = start + found.length;
  const operands = 'mMZgG'.includes(form) ? modRm(code, end) : 0;
  const hasConstant = !'gG'.includes(form) || (code[end]! & 0x38) <= 0x08;
  const isBranch = code[end - 1] === 0xe8 || code[end - 1] === 0xe9;
  const constant = hasConstant ? constantBytes(form, short && !wide && !isBranch, wide, near) : 0;
  const length = end + operands + constant - at;
  return length <= LONGEST && at + length <= code.length ? length : undefined;
}

function operation(code: Uint8Array, at: number): Operation | undefined {
  const [first = 0, second = 0] = code.subarray(at, at + 2);
  if (first === 0x0f) return escaped(second);
  if (first === 0xc5) return vector(code[at + 2]!, 1, 3);
  if (first === 0xc4) return vector(code[at + 3]!, second & 0x1f, 4);
  if (first === 0x62) return vector(code[at + 4]!, second & 7, 5);
  // AMD's XOP where the field of pop's register is not 0.
  if (first === 0x8f && (second & 0x1f) >= 8) return xop(second & 0x1f);
  return { form: ONE_BYTE[first]!, length: 1 };
}

function escaped(second: number): Operation {
  if (second === 0x38) return { form: 'm', length: 3 };
  if (second === 0x3a) return { form: 'M', length: 3 };
  return { form: TWO_BYTES[second]!, length: 2 };
}

/** VEX and EVEX name the opcode's table by number. */
function vector(opcode: number, table: number, length: number): Operation | undefined {
  if (table === 0 || table === 4 || table > 6) return undefined;
  const form = table === 1 ? TWO_BYTES[opcode]! : table === 3 ? 'M' : 'm';
  return { form, length };
}

function xop(table: number): Operation | undefined {
  if (table > 10) return undefined;
  return { form: table === 8 ? 'M' : table === 9 ? 'm' : 'Z', length: 4 };
}

/** The byte itself, a scaled index, a displacement. */
function modRm(code: Uint8Array, at: number): number {
  const byte = code[at]!;
  const [mode, memory] = [byte >> 6, byte & 7];
  if (mode === 3) return 1;
  const isIndexed = memory === 4;
  const hasBase = isIndexed ? (code[at + 1]! & 7) !== 5 : memory !== 5;
  const displacement = mode === 1 ? 1 : mode === 2 || !hasBase ? 4 : 0;
  return 1 + (isIndexed ? 1 : 0) + displacement;
}

function constantBytes(form: string, short: boolean, wide: boolean, near: boolean): number {
  switch (form) {
    case 'M':
    case 'g':
      return 1;
    case 'z':
    case 'Z':
    case 'G':
      return short ? 2 : 4;
    case 'v':
      return wide ? 8 : short ? 2 : 4;
    case 'o':
      return near ? 4 : 8;
    default:
      return Number(form) || 0;
  }
}
