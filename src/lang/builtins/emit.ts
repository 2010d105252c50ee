/** emit("name", record): a typed row for the program that embeds the tracer. */
import { emitEvent } from '../lower/events.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { NO_VALUE } from '../lower/value.ts';
import { typeName, VOID } from '../types/type.ts';
import { textArgument } from './text-argument.ts';

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
    const text = name?.kind === 'string' ? name.value : '';
    emitEvent(
      { kind: 'emit', name: text, type },
      [{ name: 'value', type, from: value!, write: (to) => l.into(value!, to, type) }],
      call.span,
      l,
    );
    return NO_VALUE;
  },
};

export const EMIT: readonly FunctionRow[] = [emit];
