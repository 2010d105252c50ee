/** What the C part of a script defines: preprocessed, then parsed. */
import type { Diagnostics, Source } from '../../diagnostics/index.ts';
import type { CDefinition, CInclude, CSource } from '../ast.ts';
import { parseDeclarations } from './declarations.ts';
import { type IncludeReader, Preprocessor } from './preprocessor.ts';

export type { IncludeReader } from './preprocessor.ts';

/** What a C compiler for 64-bit Linux defines, as far as headers ask for it; and that kernel types come from BTF. */
const PREDEFINED: Readonly<Record<string, string>> = {
  __STDC__: '1',
  __STDC_VERSION__: '201710L',
  __GNUC__: '4',
  __linux__: '1',
  __LP64__: '1',
  __CHAR_BIT__: '8',
  __SIZEOF_LONG__: '8',
  __SIZEOF_POINTER__: '8',
  __ORDER_LITTLE_ENDIAN__: '1234',
  __BYTE_ORDER__: '1234',
  BPFTRACE_HAVE_BTF: '1',
};
/** Unless the options name another. */
const DEFAULT_ARCHITECTURE = '__x86_64__';
const OTHER_ARCHITECTURES = ['__aarch64__', '__riscv', '__s390x__', '__powerpc64__'];

export interface COptions {
  readonly read?: IncludeReader;
  /** Macros defined from outside; the architecture's among them, if it is not x86-64. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Headers read before the script's own text. */
  readonly headers?: readonly Source[];
}

export interface CResult {
  /** Types in the order of their definition, then the macros, then the includes that were not found. */
  readonly definitions: readonly CDefinition[];
  readonly missing: readonly CInclude[];
}

/** Headers are read as far as they are understood; mistakes are reported in the script's own text only. */
export function readDefinitions(
  sources: readonly CSource[],
  diagnostics: Diagnostics,
  options: COptions = {},
): CResult {
  const preprocessor = new Preprocessor(diagnostics, options.read ?? (() => undefined));
  for (const [name, value] of Object.entries(predefined(options.defines ?? {}))) preprocessor.define(name, value);
  const given = new Set(preprocessor.macros.keys());
  const tokens = [
    ...(options.headers ?? []).flatMap((header) => preprocessor.process(header, header.text, 0)),
    ...sources.flatMap(({ span, text }) => preprocessor.process(span.source, text, span.start)),
  ];
  const own = new Set(sources.map(({ span }) => span.source));
  const types = parseDeclarations(tokens, diagnostics, { isStrict: (span) => own.has(span.source) });
  const defines = preprocessor.defines().filter((define) => !given.has(define.name));
  return { definitions: [...types, ...defines, ...preprocessor.missing], missing: preprocessor.missing };
}

function predefined(defines: Readonly<Record<string, string>>): Record<string, string> {
  const isOther = OTHER_ARCHITECTURES.some((name) => Object.hasOwn(defines, name));
  return { ...PREDEFINED, ...(isOther ? {} : { [DEFAULT_ARCHITECTURE]: '1' }), ...defines };
}
