/** Records that tie instructions to functions and source lines, as BPF_PROG_LOAD takes them (linux/bpf.h). */

export interface FunctionRecord {
  /** First slot of the function, counted in the whole program. */
  readonly slot: number;
  /** Its `func` type. */
  readonly type: number;
}

export interface LineRecord {
  readonly slot: number;
  /** Offsets of strings in the program's BTF. */
  readonly file: number;
  readonly text: number;
  /** 1-based. */
  readonly line: number;
  readonly column: number;
}

/** struct bpf_func_info: insn_off, type_id. */
export const FUNC_INFO_SIZE = 8;
/** struct bpf_line_info: insn_off, file_name_off, line_off, line_col. */
export const LINE_INFO_SIZE = 16;

/** line_col is line:22 · column:10. */
const MAX_LINE = 2 ** 22 - 1;
const MAX_COLUMN = 2 ** 10 - 1;

export function encodeFunctionInfo(records: readonly FunctionRecord[]): Buffer {
  const out = Buffer.alloc(records.length * FUNC_INFO_SIZE);
  let at = 0;
  for (const { slot, type } of records) {
    at = out.writeUInt32LE(slot, at);
    at = out.writeUInt32LE(type, at);
  }
  return out;
}

export function encodeLineInfo(records: readonly LineRecord[]): Buffer {
  const out = Buffer.alloc(records.length * LINE_INFO_SIZE);
  let at = 0;
  for (const { slot, file, text, line, column } of records) {
    at = out.writeUInt32LE(slot, at);
    at = out.writeUInt32LE(file, at);
    at = out.writeUInt32LE(text, at);
    at = out.writeUInt32LE(Math.min(line, MAX_LINE) * 2 ** 10 + Math.min(column, MAX_COLUMN), at);
  }
  return out;
}
