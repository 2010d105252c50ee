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
const NUMBERS = /%([-+ 0]*\d*)(?:hh|h|ll|l|j|z|t)?([diuxX])/g;
const TAKEN = ['d', 'i', 'u', 'x', 'X', 'p', 's'];

export const isPinned = (point: ProbePoint | undefined): boolean =>
  point?.links.some((link) => link.kind === 'iter' && link.pin !== undefined) ?? false;

/** Why the kernel would not take it, or undefined. */
export function readersMisfit(format: string, types: readonly Type[]): string | undefined {
  const where = 'in a pinned iterator, whose text the kernel makes,';
  if (types.length > MOST_ARGUMENTS) return `${where} at most ${MOST_ARGUMENTS} arguments can be printed`;
  const other = formatSpecifiers(format).findIndex(({ conversion }, i) => {
    return !TAKEN.includes(conversion) || (conversion === 's') !== (types[i]?.kind === 'string');
  });
  return other < 0 ? undefined : `${where} only numbers (%d %u %x %p) and texts (%s) can be printed`;
}

/** The first field of the context and of what that points to: `ctx->meta->seq`. */
export function writeToReaders(format: string, values: readonly Expression[], l: Lowering): Value {
  const { b } = l;
  const text = Buffer.from(`${format.replace(NUMBERS, '%$1ll$2')}\0`, 'latin1');
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
