/** BTF about a program's functions and lines: the kernel names functions by it and quotes lines in the verifier log. */
import { BtfBuilder } from '../btf/builder.ts';
import { encodeFunctionInfo, encodeLineInfo } from '../btf/info.ts';
import type { FunctionSpec, ProgramSpec } from '../spec/index.ts';
import { linesOf, type Stream } from './stream.ts';

export interface DebugInfo {
  readonly btf: Buffer;
  /** struct bpf_func_info one after the other. */
  readonly functions: Buffer;
  /** struct bpf_line_info likewise. */
  readonly lines: Buffer;
}

export function debugInfo(program: ProgramSpec, stream: Stream): DebugInfo {
  const builder = new BtfBuilder();
  const functions = encodeFunctionInfo(
    program.functions.map((fn, i) => ({
      slot: stream.starts.get(fn.name)!,
      type: functionType(builder, fn, i === 0),
    })),
  );
  const lines = encodeLineInfo(
    linesOf(program).map(({ slot, source }) => ({
      slot,
      file: builder.text(source.file),
      text: builder.text(source.text),
      line: source.line,
      column: source.column,
    })),
  );
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
