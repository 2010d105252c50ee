/** Rows for the program that embeds the tracer: emit("name", record), and how many of them wait. */
import { imm } from '../ir/index.ts';
import { emitEvent } from '../lower/events.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { NO_VALUE, scalar } from '../lower/value.ts';
import { typeName, UINT64, VOID } from '../types/type.ts';
import { knownText, textArgument } from './text-argument.ts';

const emit: FunctionRow = {
  name: 'emit',
  signature: 'void emit(const string name, record)',
  doc: 'Sends a record to the program that runs the script, as an object of its fields.',
  arguments: [2, 2],
  async: true,
  type(call, t) {
    textArgument(call, 0, t);
    const record = call.arguments[1] && t.typeOf(call.arguments[1]);
    if (record && record.kind !== 'record' && record.kind !== 'struct') {
      return t.error(call, `emit() sends a record or a struct (${typeName(record)} provided)`, {
        hints: ['write (name=value, …)'],
      });
    }
    return VOID;
  },
  lower(call, l) {
    const [name, value] = call.arguments;
    const type = l.typeOf(value!);
    if (type.kind !== 'record' && type.kind !== 'struct') return NO_VALUE;
    emitEvent(
      { kind: 'emit', name: knownText(name, l) ?? '', type },
      [{ name: 'value', type, from: value!, write: (to) => l.into(value!, to, type) }],
      call.span,
      l,
    );
    return NO_VALUE;
  },
};

/** BPF_RB_AVAIL_DATA (linux/bpf.h). */
const AVAILABLE_DATA = 0;

const ringUsed: FunctionRow = {
  name: 'ring_used',
  signature: 'uint64 ring_used()',
  doc: 'Bytes of events that nobody has read yet: what can wait may leave the room to what cannot.',
  arguments: [0, 0],
  type: () => UINT64,
  lower(_call, l) {
    const ring = l.b.map(l.output.useRing());
    return scalar(UINT64, l.b.helper('ringbuf_query', [ring, imm(AVAILABLE_DATA)]));
  },
};

export const EMIT: readonly FunctionRow[] = [emit, ringUsed];
