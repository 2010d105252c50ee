/** BTF about a program's functions and lines: the kernel names functions by it and quotes lines in the verifier log. */
import type { SourceLine } from '../asm/index.ts';
import { BtfBuilder } from '../btf/builder.ts';
import { encodeFunctionInfo, encodeLineInfo } from '../btf/info.ts';
import type { FunctionSpec, ProgramSpec } from '../spec/index.ts';
import { linesOf, type Stream } from './stream.ts';

export interface DebugInfo {
  /** Undefined when the records count in the collection's BTF. */
  readonly btf: Buffer | undefined;
  /** struct bpf_func_info one after the other. */
  readonly functions: Buffer;
  /** struct bpf_line_info likewise. */
  readonly lines: Buffer;
}

/** In the collection's BTF, if there is one and every function has its type there, else in BTF made for this program. */
export function debugInfo(program: ProgramSpec, stream: Stream, hasCollectionBtf = false): DebugInfo {
  const given = hasCollectionBtf && program.functions.every((fn) => fn.type !== undefined);
  const builder = new BtfBuilder();
  const functions = encodeFunctionInfo(
    program.functions.map((fn, i) => ({
      slot: stream.starts.get(fn.name)!,
      type: given ? fn.type! : functionType(builder, fn, i === 0 ? (program.entryName ?? fn.name) : undefined),
    })),
  );
  const lines = encodeLineInfo(
    linesOf(program).map(({ slot, source }) => ({
      slot,
      // 0 is the empty string of every BTF.
      ...(given ? (source.strings ?? { file: 0, text: 0 }) : textsOf(builder, source)),
      line: source.line,
      column: source.column,
    })),
  );
  return { btf: given ? undefined : builder.build(), functions, lines };
}

function textsOf(builder: BtfBuilder, source: SourceLine): { file: number; text: number } {
  return { file: builder.text(source.file), text: builder.text(source.text) };
}

/** Arguments are plain numbers to BTF: into static functions the verifier follows the real types, and global ones take numbers only. */
function functionType(builder: BtfBuilder, fn: FunctionSpec, entry: string | undefined): number {
  const long = builder.int('long long', 8, { signed: true });
  const isEntry = entry !== undefined;
  const parameters = isEntry
    ? [{ name: 'ctx', type: builder.ptr(0) }]
    : Array.from({ length: fn.parameters }, (_, i) => ({ name: `arg${i}`, type: long }));
  const returns = isEntry ? builder.int('int', 4, { signed: true }) : long;
  const linkage = fn.isGlobal ? 'global' : 'static';
  return builder.func(identifier(entry ?? fn.name), builder.funcProto(returns, parameters), linkage);
}

/** The kernel takes only C identifiers. */
function identifier(name: string): string {
  return name.replace(/\W/g, '_').replace(/^(?=\d)/, '_') || '_';
}
