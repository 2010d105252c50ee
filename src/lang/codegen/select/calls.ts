/** Calls: arguments in r1–r5, the result in r0. */
import { helperByName } from '../../../bpf/asm/helpers.ts';
import { OPCODE_CALL } from '../../../bpf/asm/opcodes.ts';
import type { Operand } from '../../ir/ir.ts';
import type { MachineInsn } from '../machine.ts';
import type { MachineWriter } from './writer.ts';

export function selectCall(
  w: MachineWriter,
  args: readonly Operand[],
  dst: { id: number } | undefined,
  what: Partial<MachineInsn>,
): void {
  if (args.length > 5) throw w.bug('a call has more than five arguments');
  args.forEach((arg, i) => {
    w.into(i + 1, arg);
  });
  w.push({ opcode: OPCODE_CALL, args: args.length, ...what });
  if (dst) w.move(w.reg(dst), 0);
}

export function helperId(w: MachineWriter, name: string): number {
  const helper = helperByName(name);
  if (!helper) throw w.bug(`there is no helper "${name}"`);
  return helper.id;
}
