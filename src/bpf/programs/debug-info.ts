/** BTF about a program's functions and lines: the kernel names functions by it and quotes lines in the verifier log. */
import { BtfBuilder } from '../btf/builder.ts';
import type { FunctionSpec, ProgramSpec } from '../spec/index.ts';
import { linesOf, type Stream } from './stream.ts';

export interface DebugInfo {
  readonly btf: Buffer;
  /** struct bpf_func_info, 8 bytes each. */
  readonly functions: Buffer;
  /** struct bpf_line_info, 16 bytes each. */
  readonly lines: Buffer;
}
export const FUNC_INFO_SIZE = 8;
export const LINE_INFO_SIZE = 16;
/** Lines and columns share 32 bits: line:22 · column:10. */
const MAX_COLUMN = 1023;

export function debugInfo(program: ProgramSpec, stream: Stream): DebugInfo {
  const builder = new BtfBuilder();
  const functions = Buffer.alloc(program.functions.length * FUNC_INFO_SIZE);
  program.functions.forEach((fn, i) => {
    functions.writeUInt32LE(stream.starts.get(fn.name)!, i * FUNC_INFO_SIZE);
    functions.writeUInt32LE(functionType(builder, fn, i === 0), i * FUNC_INFO_SIZE + 4);
  });
  const placed = linesOf(program);
  const lines = Buffer.alloc(placed.length * LINE_INFO_SIZE);
  placed.forEach(({ slot, source }, i) => {
    const at = i * LINE_INFO_SIZE;
    lines.writeUInt32LE(slot, at);
    lines.writeUInt32LE(builder.text(source.file), at + 4);
    lines.writeUInt32LE(builder.text(source.text), at + 8);
    lines.writeUInt32LE(((source.line << 10) | Math.min(source.column, MAX_COLUMN)) >>> 0, at + 12);
  });
  return { btf: builder.build(), functions, lines };
}

/** Arguments are plain numbers to BTF: functions are static, so the verifier follows the real types into them. */
function functionType(builder: BtfBuilder, fn: FunctionSpec, entry: boolean): number {
  const long = builder.int('long long', 8, { signed: true });
  const parameters = entry
    ? [{ name: 'ctx', type: builder.ptr(0) }]
    : Array.from({ length: fn.parameters }, (_, i) => ({ name: `arg${i}`, type: long }));
  const returns = entry ? builder.int('int', 4, { signed: true }) : long;
  return builder.func(identifier(fn.name), builder.funcProto(returns, parameters), 'static');
}

/** The kernel takes only C identifiers. */
function identifier(name: string): string {
  return name.replace(/\W/g, '_').replace(/^(?=\d)/, '_') || '_';
}
