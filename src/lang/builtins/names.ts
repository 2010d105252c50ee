/** Texts for numbers: strerror, signal_name, syscall_name, from tables that the kernel's side looks into. */
import { strerror } from '../../base/strerror.ts';
import { syscallNames } from '../../base/syscalls.ts';
import type { CompileHost, TextTable } from '../host.ts';
import { address, imm } from '../ir/index.ts';
import { convert } from '../lower/convert.ts';
import { toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { inMemory } from '../lower/value.ts';
import { integral } from '../types/operators.ts';
import { INT32, stringType, typeName } from '../types/type.ts';
import { signalTexts } from './signals.ts';

/** Bytes of a row, as bpftrace has them; the last row is for numbers that have no text. */
const ROW = 64;

interface Table {
  readonly name: string;
  readonly doc: string;
  readonly unknown: string;
  /** -22 means 22. */
  readonly negative?: boolean;
  /** Bytes of a row; 64 without. */
  readonly row?: number;
  texts(host: CompileHost): readonly string[];
}

function named({ name, doc, unknown, negative, row = ROW, texts }: Table): FunctionRow {
  const type = stringType(row);
  return {
    name,
    signature: `string ${name}(int number)`,
    doc,
    arguments: [1, 1],
    type(call, t) {
      const given = call.arguments[0] && t.typeOf(call.arguments[0]);
      if (!given || integral(given)) return type;
      return t.error(call, `${name}() only supports int arguments (${typeName(given)} provided)`);
    },
    lower(call, l) {
      const rows = texts(l.script.typing.host);
      const table = l.output.texts(name, [...rows.map((text) => text || unknown), unknown], row);
      const { b } = l;
      const number = b.mov(convert(toScalar(l.value(call.arguments[0]!), l), INT32, l).operand);
      if (negative) b.when('slt', number, imm(0), () => b.mov(b.neg(number), number));
      const at = b.mov(b.add(b.mapValue(table), imm(rows.length * row)));
      b.when('ult', number, imm(rows.length), () => b.add(b.mapValue(table), b.binary('mul', number, imm(row)), at));
      return inMemory(type, address(at));
    },
  };
}

/** A function for the texts that a target gives: rows as long as the longest of them wants. */
export function tableFunction({ name, doc, rows, unknown }: TextTable): FunctionRow {
  const longest = Math.max(...[...rows, unknown].map((text) => Buffer.byteLength(text)));
  return named({ name, doc, unknown, row: Math.ceil((longest + 1) / 8) * 8, texts: () => rows });
}

/** EHWPOISON is the last one. */
const LAST_ERROR = 133;

export const NAMES: readonly FunctionRow[] = [
  named({
    name: 'strerror',
    doc: 'The text of an error number, of either sign.',
    unknown: 'Unknown error',
    negative: true,
    texts: () => Array.from({ length: LAST_ERROR + 1 }, (_, i) => strerror(i)),
  }),
  named({ name: 'signal_name', doc: 'What a signal says, as strsignal(3).', unknown: 'N/A', texts: signalTexts }),
  named({
    name: 'syscall_name',
    doc: "The name of a system call by its number (of the machine's own kind, not of 32-bit programs).",
    unknown: 'Unknown syscall',
    texts: ({ arch = 'x64' }) => syscallNames(arch).map((name) => (name === '-' ? '' : name)),
  }),
];
