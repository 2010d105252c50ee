/** What an object asks about the kernel that is to run it: plain questions, answered by a host or by a test. */
import type { CoreTargets } from '../core/index.ts';

export interface ObjectKernel {
  /** Types, for CO-RE and kernel symbols. Asked only when the object needs them: reading them takes 14 ms. */
  types(): CoreTargets;
  /** Major, minor and patch as `KERNEL_VERSION` packs them: 6.18.44 is 0x06122c. */
  readonly version: number;
  /** `CONFIG_…` by name, as in the kernel's .config; undefined where the kernel does not show it. */
  config(): ReadonlyMap<string, string> | undefined;
  /** Of a symbol in /proc/kallsyms. */
  symbolAddress(name: string): bigint | undefined;
  /** Arguments of system calls come in a struct pt_regs of their own (`LINUX_HAS_SYSCALL_WRAPPER`). */
  hasSyscallWrapper(): boolean;
}
