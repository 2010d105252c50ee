/** Descriptors of the BTF of modules whose functions and variables a program names: open while it is loaded. */
import type { Reference } from '../asm/index.ts';
import type { ProgramSpec } from '../spec/index.ts';
import { closeFd, moduleBtfFd } from '../sys/index.ts';

export class ModuleTypes {
  /** By module, in the order of `fd_array`. */
  readonly #fds = new Map<string, number>();

  constructor(program: ProgramSpec) {
    try {
      for (const { insns } of program.functions) for (const { ref } of insns) this.#open(ref, program);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  #open(ref: Reference | undefined, { name }: ProgramSpec): void {
    if (ref?.kind !== 'moduleFunction' && ref?.kind !== 'moduleVariable') return;
    if (!this.#fds.has(ref.module)) this.#fds.set(ref.module, moduleBtfFd(ref.module, `loading program "${name}"`));
  }

  fd(module: string): number {
    return this.#fds.get(module)!;
  }

  /** Where `fd_array` has it: 0 stands for the kernel's own (kernel/bpf/verifier.c: find_kfunc_desc_btf). */
  index(module: string): number {
    return [...this.#fds.keys()].indexOf(module) + 1;
  }

  /** For BPF_PROG_LOAD; undefined where no module is named. */
  fdArray(): Uint8Array | undefined {
    if (this.#fds.size === 0) return undefined;
    return new Uint8Array(Int32Array.of(0, ...this.#fds.values()).buffer);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds.values()) closeFd(fd);
  }
}
