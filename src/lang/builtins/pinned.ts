/** printf() in iterators that are pinned: the kernel formats what readers of the file get. */
import { address, imm } from '../ir/index.ts';
import type { Lowering } from '../lower/lowering.ts';
import { pointerOf, storeText, toMemory, toScalar } from '../lower/memory.ts';
import { NO_VALUE, offsetBy, type Value } from '../lower/value.ts';
import type { ProbePoint } from '../probes/index.ts';
import type { Expression } from '../syntax/ast.ts';
import { isScalar, type Type } from '../types/type.ts';
import { formatSpecifiers } from './format.ts';

/** What bpf_seq_printf takes (kernel/trace/bpf_trace.c, MAX_BPRINTF_VARARGS in linux/bpf.h). */
const MOST_ARGUMENTS = 12;
const NUMBERS = /%%|%([-+ 0]*\d*)(?:hh|h|ll|l|j|z|t)?([diuxX])/g;
const TAKEN = ['d', 'i', 'u', 'x', 'X', 'p', 's'];
/** Of a form like these it takes none: nothing at all would be printed. */
const NOT_TAKEN = /[#.]/;

export const isPinned = (point: ProbePoint | undefined): boolean =>
  point?.links.some((link) => link.kind === 'iter' && link.pin !== undefined) ?? false;

/** Why the kernel would not take it, or undefined. */
export function readersMisfit(format: string, types: readonly Type[]): string | undefined {
  const where = 'in a pinned iterator, whose text the kernel makes,';
  if (types.length > MOST_ARGUMENTS) return `${where} at most ${MOST_ARGUMENTS} arguments can be printed`;
  const isOther = formatSpecifiers(format).some(
    ({ text, conversion }, i) =>
      !TAKEN.includes(conversion) || NOT_TAKEN.test(text) || (conversion === 's') !== (types[i]?.kind === 'string'),
  );
  if (!isOther) return undefined;
  return `${where} only numbers (%d %u %x %p) and texts (%s) can be printed, without # and precision`;
}

/** The first field of the context and of what that points to: `ctx->meta->seq`. */
export function writeToReaders(format: string, values: readonly Expression[], l: Lowering): Value {
  const { b } = l;
  const wide = format.replace(NUMBERS, (all, width, kind) => (kind ? `%${width}ll${kind}` : all));
  const text = Buffer.from(`${wide}\0`, 'latin1');
  const formatSlot = l.bytes('format', text.length);
  storeText(text, formatSlot, text.length, l);
  const data = l.bytes('arguments', Math.max(8, 8 * values.length), { align: 8 });
  for (const [i, node] of values.entries()) {
    const isNumber = isScalar(l.typeOf(node));
    const word = isNumber ? toScalar(l.value(node), l).operand : pointerOf(toMemory(l.value(node), l).at, l);
    b.store(offsetBy(data, 8 * i), 8, word);
  }
  const meta = b.load(address(l.context!, 0), 8);
  const file = b.load(address(meta, 0), 8);
  const size = imm(8 * values.length);
  b.helper('seq_printf', [
    file,
    pointerOf(formatSlot, l),
    imm(text.length),
    values.length > 0 ? pointerOf(data, l) : imm(0),
    size,
  ]);
  return NO_VALUE;
}
