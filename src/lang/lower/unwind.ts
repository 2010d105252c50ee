/** Walks a user stack by the unwind tables that the tracer has put into maps: no frame pointers are needed (x86-64). */
import { sizeOf } from '../../base/record.ts';
import { type Address, address, type BlockId, type Comparison, imm, type Operand, type Reg } from '../ir/index.ts';
import { UNWIND_BASE, UNWIND_CODE, UNWIND_RANGE, UNWIND_RANGES, UNWIND_ROW } from '../script.ts';
import type { Lowering } from './lowering.ts';
import { pointerOf } from './memory.ts';

/** struct pt_regs of x86-64 (asm/ptrace.h). */
const REGISTERS = { bp: 32, ip: 128, sp: 152 } as const;
/** A call pushes where it returns to. */
const RETURN = -8;
/** PLT entries push at their 11th byte (binutils: elf_x86_64_eh_frame_plt). */
const PLT = { mask: 15, push: 11 } as const;
/** Addresses as linked, of which rows have four bytes, are below. */
const LINKED = 2 ** 32;

/** What is carried from frame to frame. */
interface Walk {
  readonly ip: Reg;
  /** What a call returns to may be another function's first instruction: the call itself. */
  readonly at: Reg;
  readonly sp: Reg;
  readonly bp: Reg;
  /** Of the process's code: a pointer to UNWIND_CODE. */
  readonly code: Reg;
  readonly end: BlockId;
}

/** Fills the frames of at most `size` bytes; gives the bytes filled, 0 where the process has no tables. */
export function unwind(frames: Address, size: number, pid: Reg, l: Lowering): Reg {
  const { b } = l;
  const filled = b.mov(l.hiddenZero());
  const key = l.bytes('process', 4, { align: 4 });
  b.store(key, 4, pid);
  const { rows, code: codeMap } = l.output.useUnwindTables();
  const code = b.helper('map_lookup_elem', [b.map(codeMap), pointerOf(key, l)]);
  b.when('ne', code, imm(0), () => {
    const registers = b.helper('task_pt_regs', [b.helper('get_current_task_btf', [])]);
    const [ip, sp, bp] = (['ip', 'sp', 'bp'] as const).map((name) =>
      b.mov(b.load(address(registers, REGISTERS[name]), 8)),
    ) as [Reg, Reg, Reg];
    const at = b.add(ip, imm(0));
    const [head, inside, body, end] = [b.block(), b.block(), b.block(), b.block()];
    b.jump(head);
    b.enter(head);
    b.branch('ule', filled, imm(size - 8), inside, end);
    b.enter(inside);
    b.guard(body, end);
    b.enter(body);
    keepFrame(frames, size, filled, ip, end, l);
    step({ ip, at, sp, bp, code, end }, rows, l);
    b.jump(head);
    b.enter(end);
  });
  return filled;
}

/** The verifier wants to see the bound just before the access. */
function keepFrame(frames: Address, size: number, filled: Reg, ip: Reg, end: BlockId, l: Lowering): void {
  const { b } = l;
  onlyIf('ule', filled, imm(size - 8), end, l);
  // Small ones lie on the stack, where it wants to see that the place is aligned, too.
  b.store(address(b.add(pointerOf(frames, l), b.binary('and', filled, imm(-8)))), 8, ip);
  b.add(filled, imm(8), filled);
}

/** What follows is for where it holds; elsewhere the walk ends. */
function onlyIf(cmp: Comparison, value: Operand, other: Operand, end: BlockId, { b }: Lowering): void {
  const next = b.block();
  b.branch(cmp, value, other, next, end);
  b.enter(next);
}

/** To the caller: its registers. */
function step(walk: Walk, rows: string, l: Lowering): void {
  const { b } = l;
  const { ip, at, sp, bp, end } = walk;
  const row = findRow(walk, rows, l);
  const cfa = frameAddress(walk, row, l);
  onlyIf('ugt', cfa, sp, end, l);
  restoreFramePointer(row, cfa, bp, l);
  const word = l.bytes('word', 8);
  const failed = b.helper('probe_read_user', [pointerOf(word, l), imm(8), b.add(cfa, imm(RETURN))]);
  onlyIf('eq', failed, imm(0), end, l);
  b.mov(cfa, sp);
  b.load(word, 8, false, ip);
  onlyIf('ne', ip, imm(0), end, l);
  b.sub(ip, imm(1), at);
}

/** The canonical frame address. */
function frameAddress({ ip, sp, bp, end }: Walk, row: Reg, l: Lowering): Reg {
  const { b } = l;
  const cfa = b.reg();
  const base = b.load(address(row, UNWIND_ROW.offsets.base), 1);
  const offset = b.load(address(row, UNWIND_ROW.offsets.cfa), 4, true);
  const bySp = () => void b.add(sp, offset, cfa);
  const byBp = () => void b.add(bp, offset, cfa);
  const byPlt = () => {
    onlyIf('eq', base, imm(UNWIND_BASE.plt), end, l);
    b.add(sp, imm(8), cfa);
    b.when('uge', b.binary('and', ip, imm(PLT.mask)), imm(PLT.push), () => b.add(cfa, imm(8), cfa));
  };
  b.when('eq', base, imm(UNWIND_BASE.sp), bySp, () => b.when('eq', base, imm(UNWIND_BASE.bp), byBp, byPlt));
  return cfa;
}

function restoreFramePointer(row: Reg, cfa: Reg, bp: Reg, l: Lowering): void {
  const { b } = l;
  const offset = b.load(address(row, UNWIND_ROW.offsets.bp), 2, true);
  b.when('ne', offset, imm(0), () => {
    const word = l.bytes('saved', 8);
    b.helper('probe_read_user', [pointerOf(word, l), imm(8), b.add(cfa, offset)]);
    b.load(word, 8, false, bp);
  });
}

/** Pointer to the row for an address; ends the walk where there is none. */
function findRow({ at, code, end }: Walk, rows: string, l: Lowering): Reg {
  const { b } = l;
  const ranges = UNWIND_CODE.offsets.ranges;
  const rangeAt = (index: Reg): Reg =>
    b.add(code, b.binary('mul', b.binary('and', index, imm(UNWIND_RANGES - 1)), imm(sizeOf(UNWIND_RANGE))));
  const count = b.load(address(code, UNWIND_CODE.offsets.count), 4);
  const startsBefore = (index: Reg): Reg => b.load(address(rangeAt(index), ranges + UNWIND_RANGE.offsets.start), 8);
  const index = lastNotAbove(at, imm(0), count, startsBefore, l);
  const range = rangeAt(index);
  onlyIf('uge', at, b.load(address(range, ranges + UNWIND_RANGE.offsets.start), 8), end, l);
  onlyIf('ult', at, b.load(address(range, ranges + UNWIND_RANGE.offsets.end), 8), end, l);
  const wanted = b.sub(at, b.load(address(range, ranges + UNWIND_RANGE.offsets.bias), 8));
  onlyIf('ult', wanted, imm(LINKED), end, l);
  const first = b.load(address(range, ranges + UNWIND_RANGE.offsets.first), 4);
  const held = b.load(address(range, ranges + UNWIND_RANGE.offsets.rows), 4);
  const rowAt = (number: Reg): Reg => {
    const key = l.bytes('row', 4, { align: 4 });
    b.store(key, 4, number);
    const row = b.helper('map_lookup_elem', [b.map(rows), pointerOf(key, l)]);
    onlyIf('ne', row, imm(0), end, l);
    return row;
  };
  const addressOf = (number: Reg): Reg => b.load(address(rowAt(number), UNWIND_ROW.offsets.address), 4);
  return rowAt(lastNotAbove(wanted, first, held, addressOf, l));
}

/**
 * Among sorted ones from `first` on, the number of the last that is not above `wanted`, or of the first. Without a branch on what
 * was found: the verifier would take each half for a state of its own.
 */
function lastNotAbove(wanted: Reg, first: Operand, count: Reg, numberAt: (number: Reg) => Reg, l: Lowering): Reg {
  const { b } = l;
  const low = b.mov(first);
  const left = b.mov(count);
  const [head, inside, body, after] = [b.block(), b.block(), b.block(), b.block()];
  b.jump(head);
  b.enter(head);
  b.branch('ugt', left, imm(1), inside, after);
  b.enter(inside);
  b.guard(body, after);
  b.enter(body);
  const half = b.binary('ushr', left, imm(1));
  // 1 where it is not above: both are below 2^63.
  const isBelow = b.binary('ushr', b.sub(b.sub(numberAt(b.add(low, half)), wanted), imm(1)), imm(63));
  b.add(low, b.binary('mul', half, isBelow), low);
  b.sub(left, half, left);
  b.jump(head);
  b.enter(after);
  return low;
}
