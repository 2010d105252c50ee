/** Which of its system calls a program runs for that stands for the tracepoints of many. */
import { address, imm, type Reg } from '../ir/index.ts';
import type { ProbePoint } from '../probes/index.ts';
import type { Lowering } from './lowering.ts';

/** Of an entry in the table: the point's index plus one, 0 for calls that nobody asked for. */
const ENTRY = 2;

/** The program ends for other calls, and for those of 32-bit programs. */
export function skipOtherCalls(points: readonly ProbePoint[], l: Lowering): void {
  const { offset, mask } = points[0]!.systemCall!.hook.compat;
  l.b.when('eq', entryOfCall(points, l), imm(0), () => l.b.return(imm(0)));
  const flags = l.b.load(address(l.b.helper('get_current_task_btf', []), offset), 4);
  l.b.when('ne', l.b.binary('and', flags, imm(mask)), imm(0), () => l.b.return(imm(0)));
}

/** The index of the point whose call this is. */
export const indexOfCall = (points: readonly ProbePoint[], l: Lowering): Reg => l.b.sub(entryOfCall(points, l), imm(1));

function entryOfCall(points: readonly ProbePoint[], l: Lowering): Reg {
  const { b } = l;
  const { event, registers } = points[0]!.systemCall!.hook;
  const numbers = points.map(({ systemCall }) => systemCall!.number);
  const rows = Math.max(...numbers) + 1;
  const table = Buffer.alloc(rows * ENTRY);
  for (const [i, number] of numbers.entries()) table.writeUInt16LE(i + 1, number * ENTRY);
  const map = l.output.table(`${l.root.b.name}_calls`, table);
  // sys_enter(regs, number), sys_exit(regs, result): include/trace/events/syscalls.h. The number is an int.
  const number =
    event === 'sys_enter'
      ? b.load(address(l.context!, 8), 8)
      : b.load(address(b.load(address(l.context!), 8), registers), 4);
  const entry = b.mov(imm(0));
  b.when('ult', number, imm(rows), () => {
    b.load(address(b.add(b.mapValue(map), b.binary('mul', number, imm(ENTRY)))), ENTRY, false, entry);
  });
  return entry;
}
