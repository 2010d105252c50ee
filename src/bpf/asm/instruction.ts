/** One eBPF instruction as plain data; symbolic references are resolved when a program is loaded. */

/** Where an instruction came from, so that the verifier can quote the script or C line. */
export interface SourceLine {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  readonly text: string;
  /** Where file and text stand in the BTF that the collection brings. */
  readonly strings?: { readonly file: number; readonly text: number };
}

/** What the loader must put into an instruction's immediate. */
export type Reference =
  /** ld_imm64: the map's file descriptor (BPF_PSEUDO_MAP_FD). */
  | { readonly kind: 'map'; readonly map: string }
  /** ld_imm64: address inside the only value of an array map (BPF_PSEUDO_MAP_VALUE). */
  | { readonly kind: 'mapValue'; readonly map: string; readonly offset: number }
  /** call: a function of the same program (BPF_PSEUDO_CALL). */
  | { readonly kind: 'function'; readonly name: string }
  /** ld_imm64: address of a function of the same program, for callbacks (BPF_PSEUDO_FUNC). */
  | { readonly kind: 'functionAddress'; readonly name: string }
  /** ld_imm64: a kernel variable by BTF (BPF_PSEUDO_BTF_ID). */
  | { readonly kind: 'kernelSymbol'; readonly name: string }
  /** call: a kernel function by BTF (BPF_PSEUDO_KFUNC_CALL). */
  | { readonly kind: 'kfunc'; readonly name: string }
  /** The same of a module, by the id in its BTF. */
  | { readonly kind: 'moduleVariable' | 'moduleFunction'; readonly module: string; readonly id: number };

/**
 * Fields as in `struct bpf_insn` (linux/bpf.h). An ld_imm64 (opcode 0x18) is ONE Instruction here and two
 * 8-byte slots when encoded; jump offsets count slots, as in the kernel.
 */
export interface Instruction {
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly offset: number;
  /** 32 bits signed, or 64 bits for ld_imm64. */
  readonly imm: number | bigint;
  readonly ref?: Reference;
  readonly source?: SourceLine;
  /** What the kernel lacks that should stand here: the verifier refuses the instruction if it can be reached. */
  readonly poison?: string;
}
