/** Builtins about the current task as the kernel has it: curtask, userregs. */
import { address, imm, type Reg } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import { load } from '../lower/memory.ts';
import type { BuiltinRow } from '../lower/rows.ts';
import { scalar } from '../lower/value.ts';
import { sizeOfType } from '../types/layout.ts';
import { pointerTo, type Type, UINT64, VOID } from '../types/type.ts';
import type { ScriptTyping } from '../types/typing.ts';

const hasTaskBtf = ({ host }: ScriptTyping): boolean => host.features?.taskBtf !== false;
const hasTaskRegisters = ({ host }: ScriptTyping): boolean => host.features?.taskRegisters !== false;

const structNamed = ({ space }: ScriptTyping, name: string): Type => space.tagged('struct', name) ?? VOID;

const currentTask = (l: Lowering): Reg =>
  l.b.helper(hasTaskBtf(l.script.typing) ? 'get_current_task_btf' : 'get_current_task', []);

const curtask: BuiltinRow = {
  name: 'curtask',
  signature: 'struct task_struct *curtask',
  doc: 'The current task; its fields are read directly.',
  type: ({ script }) => pointerTo(structNamed(script, 'task_struct'), 'kernel', hasTaskBtf(script)),
  lower: (l, node) => scalar(l.typeOf(node), currentTask(l)),
};

const userRegs: BuiltinRow = {
  name: 'userregs',
  signature: 'struct pt_regs *userregs',
  doc: "The current thread's registers as it entered the kernel: in a system call, its arguments.",
  type(t, node) {
    const { script } = t;
    if (!hasTaskRegisters(script) && !topOfStack(script)) {
      return t.error(node, 'userregs needs Linux 5.15, or BTF of x86-64 that tells the size of kernel stacks');
    }
    return pointerTo(structNamed(script, 'pt_regs'), 'kernel', hasTaskRegisters(script));
  },
  lower(l, node) {
    const task = currentTask(l);
    const type = l.typeOf(node);
    if (hasTaskRegisters(l.script.typing)) return scalar(type, l.b.helper('task_pt_regs', [task]));
    const { at, bytes } = topOfStack(l.script.typing)!;
    const typed = hasTaskBtf(l.script.typing);
    const stack = load({ kind: 'memory', type: UINT64, at: address(task, at), space: 'kernel', typed }, l);
    return scalar(type, l.b.add(stack.operand, imm(bytes)));
  },
};

/**
 * Registers of user mode lie at the end of the kernel's stack (x86: task_pt_regs in asm/processor.h), whose size BTF does not
 * tell; that of interrupts' stacks is the same (THREAD_SIZE, IRQ_STACK_SIZE in asm/page_64_types.h).
 */
function topOfStack({ space, host }: ScriptTyping): { readonly at: number; readonly bytes: number } | undefined {
  if (host.arch === 'arm64') return undefined;
  const [task, registers, stack] = ['task_struct', 'pt_regs', 'irq_stack'].map((name) => space.tagged('struct', name));
  const field = task?.kind === 'struct' ? task.fields().find(({ name }) => name === 'stack') : undefined;
  return field && registers && stack && { at: field.offset, bytes: sizeOfType(stack) - sizeOfType(registers) };
}

export const TASK: readonly BuiltinRow[] = [curtask, userRegs];
