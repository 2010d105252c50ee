/** Functions that print or act in the tracer: printf, print, clear, exit, join, cat, system. */
import { address, imm } from '../ir/index.ts';
import { type EventField, emitEvent } from '../lower/events.ts';
import type { Lowering } from '../lower/lowering.ts';
import { pointerOf, readBytes, readTextHelper, toScalar } from '../lower/memory.ts';
import type { FunctionRow } from '../lower/rows.ts';
import { NO_VALUE, offsetBy } from '../lower/value.ts';
import type { ScriptEvent } from '../script.ts';
import type { Call, Expression } from '../syntax/ast.ts';
import { spaceOf } from '../types/casts.ts';
import { constantOf } from '../types/constant.ts';
import { integral } from '../types/operators.ts';
import {
  intType,
  isAggregate,
  isCastableAggregate,
  stringType,
  type Type,
  typeName,
  UINT8,
  UINT32,
  UINT64,
  VOID,
} from '../types/type.ts';
import type { MapTyping, Typing } from '../types/typing.ts';
import { checkFormat } from './format.ts';
import { isPinned, readersMisfit, writeToReaders } from './pinned.ts';
import { knownText, numberArgument, textArgument } from './text-argument.ts';

type Formatted = Extract<ScriptEvent, { arguments: unknown }>['kind'];

function formatted(name: string, kind: Formatted, doc: string, unsafe = false): FunctionRow {
  return {
    name,
    signature: `void ${name}(const string format, args...)`,
    doc,
    arguments: [1, 128],
    async: true,
    type(call, t) {
      if (unsafe && !t.settings.unsafe) {
        return t.error(call, `${name}() is an unsafe function being used in safe mode`, {
          hints: ['run with --unsafe'],
        });
      }
      const format = textArgument(call, 0, t);
      const types = call.arguments.slice(1).map((argument) => t.typeOf(argument));
      if (format !== undefined && types.every((type) => type !== undefined)) {
        const wrong = checkFormat(format, types as Type[], t.settings.maxStrlen);
        const misfit =
          wrong ?? (name === 'printf' && isPinned(t.point) ? readersMisfit(format, types as Type[]) : undefined);
        if (misfit) t.error(call, `${name}: ${misfit}`);
      }
      return VOID;
    },
    lower(call, l) {
      const [format, ...values] = call.arguments;
      if (name === 'printf' && isPinned(l.point)) return writeToReaders(knownText(format, l) ?? '', values, l);
      const fields = values.map((value, i) => fieldOf(value, `a${i}`, l));
      const shown = fields.map(({ name: field, type }) => ({ name: field, type }));
      emitEvent({ kind, format: knownText(format, l) ?? '', arguments: shown }, fields, call.span, l);
      return NO_VALUE;
    },
  };
}

/** The value of an expression in a record; counters are read as integers. */
export function fieldOf(value: Expression, name: string, l: Lowering): EventField {
  const type = printed(l.typeOf(value));
  return { name, type, from: value, write: (to) => l.into(value, to, type) };
}

function printed(type: Type): Type {
  if (isCastableAggregate(type)) return intType(8, type.signed);
  return type.kind === 'int' ? intType(type.size, type.signed) : type;
}

/** Values on tasks and cgroups are found from these alone. */
const isUnlisted = ({ declaration }: MapTyping): boolean => /_storage$/.test(declaration?.type ?? '');

function unlisted(call: Call, { name, declaration }: MapTyping, t: Typing): undefined {
  return t.error(call, `${call.name}() needs all entries of ${name}, and ${declaration?.type}() has no list of them`, {
    hints: [`a single value goes through a variable: $value = ${name}; print($value)`],
  });
}

const print: FunctionRow = {
  name: 'print',
  signature: 'void print(value) | print(map[, top[, div]])',
  doc: 'Prints a value, or a whole map: its `top` largest entries, values divided by `div`.',
  arguments: [1, 3],
  async: true,
  raw: (argument, i) => argument.kind === 'map' && i === 0,
  type(call, t) {
    const [value] = call.arguments;
    if (value?.kind === 'map') {
      const map = t.script.map(value.name, value.span);
      if (!map.value) return t.undefinedMap(value.name, value);
      if (isUnlisted(map)) return unlisted(call, map, t);
      for (const i of [1, 2]) if (call.arguments[i]) numberArgument(call, i, t);
      if (call.arguments.length > 1 && map.value.kind === 'stats')
        t.warning(call, "print()'s top and div arguments are ignored when used on stats() maps.");
      if (t.loops > 0) {
        t.warning(
          call,
          "Due to it's asynchronous nature using 'print()' in a loop can lead to unexpected behavior. The map will likely be updated before the runtime can 'print' it.",
        );
      }
      return VOID;
    }
    const type = value && t.typeOf(value);
    if (!type) return undefined;
    if (isAggregate(type) && !isCastableAggregate(type)) {
      return t.error(
        call,
        `Map type ${typeName(type)} cannot print the value of individual keys. You must print the whole map.`,
      );
    }
    if (type.kind === 'none' || type.kind === 'void')
      return t.error(call, `${typeName(type)} type passed to print() is not printable`);
    if (call.arguments.length > 1) {
      return t.error(call, `Non-map print() only takes 1 argument, ${call.arguments.length} found`);
    }
    return VOID;
  },
  lower(call, l) {
    const [value, top, div] = call.arguments;
    if (value!.kind === 'map') {
      const fields = [number('top', top, l), number('div', div, l)];
      emitEvent({ kind: 'printMap', map: value!.name }, fields, call.span, l);
    } else {
      const field = fieldOf(value!, 'value', l);
      emitEvent({ kind: 'print', argument: { name: field.name, type: field.type } }, [field], call.span, l);
    }
    return NO_VALUE;
  },
};

function number(name: string, value: Expression | undefined, l: Lowering): EventField {
  return { name, type: UINT32, write: (to) => l.b.store(to, 4, value ? toScalar(l.value(value), l).operand : imm(0)) };
}

function onMap(name: 'clear' | 'zero', doc: string): FunctionRow {
  return {
    name,
    signature: `void ${name}(map)`,
    doc,
    arguments: [1, 1],
    async: true,
    raw: (argument) => argument.kind === 'map',
    type(call, t) {
      const [map] = call.arguments;
      if (map?.kind !== 'map') return t.error(call, `${name}() expects a map argument`);
      const typing = t.script.map(map.name, map.span);
      if (!typing.value) return t.undefinedMap(map.name, map);
      return isUnlisted(typing) ? unlisted(call, typing, t) : VOID;
    },
    lower(call, l) {
      const [map] = call.arguments;
      if (map?.kind === 'map') emitEvent({ kind: name, map: map.name }, [], call.span, l);
      return NO_VALUE;
    },
  };
}

const unwatch: FunctionRow = {
  name: 'unwatch',
  signature: 'void unwatch(void *address)',
  doc: 'Ends the watchpoints at the address.',
  arguments: [1, 1],
  async: true,
  type(call, t) {
    const [address] = call.arguments;
    const type = address && t.typeOf(address);
    if (type && type.kind !== 'pointer' && !integral(type)) {
      return t.error(call, `unwatch() only supports integer and pointer arguments (${type.kind} provided)`);
    }
    return VOID;
  },
  lower(call, l) {
    const [address] = call.arguments;
    const field: EventField = {
      name: 'address',
      type: UINT64,
      from: address!,
      write: (to) => l.b.store(to, 8, toScalar(l.value(address!), l).operand),
    };
    emitEvent({ kind: 'unwatch' }, [field], call.span, l, { wake: true });
    return NO_VALUE;
  },
};

const exit: FunctionRow = {
  name: 'exit',
  signature: 'void exit([int code])',
  doc: 'Ends the script: end probes run and maps are printed. The probe itself ends here.',
  arguments: [0, 1],
  async: true,
  type(call, t) {
    const [code] = call.arguments;
    const type = code && t.typeOf(code);
    if (type && type.kind !== 'int') t.error(call, `exit() only supports int arguments (${type.kind} provided)`);
    return VOID;
  },
  lower(call, l) {
    const [code] = call.arguments;
    const field: EventField = {
      name: 'code',
      type: UINT8,
      write: (to) => l.b.store(to, 1, code ? toScalar(l.value(code), l).operand : imm(0)),
    };
    emitEvent({ kind: 'exit' }, [field], call.span, l, { wake: true });
    l.b.store(l.global('ended'), 8, imm(1));
    l.leave(imm(0));
    return NO_VALUE;
  },
};

/** As many arguments, and bytes of each, as bpftrace joins. */
const JOIN_ARGUMENTS = 16;
const JOIN_BYTES = 1024;

const join: FunctionRow = {
  name: 'join',
  signature: 'void join(char *array[], [const string separator])',
  doc: 'Prints the texts of an array of pointers, separated by spaces.',
  arguments: [1, 2],
  async: true,
  type(call, t) {
    const [array] = call.arguments;
    const type = array && t.typeOf(array);
    if (type && type.kind !== 'int' && type.kind !== 'pointer') {
      return t.error(call, `join() only supports int or pointer arguments (${type.kind} provided)`);
    }
    if (call.arguments[1]) textArgument(call, 1, t);
    return VOID;
  },
  lower(call, l) {
    const [array, separator] = call.arguments;
    const field: EventField = {
      name: 'argv',
      type: { kind: 'array', of: stringType(JOIN_BYTES), length: JOIN_ARGUMENTS },
      write: (to) => writeArguments(array!, to, l),
    };
    emitEvent({ kind: 'join', separator: knownText(separator, l) ?? ' ' }, [field], call.span, l);
    return NO_VALUE;
  },
};

function writeArguments(array: Expression, to: Parameters<EventField['write']>[0], l: Lowering): void {
  const pointers = toScalar(l.value(array), l);
  const space = pointers.type.kind === 'pointer' ? pointers.type.space : (l.point?.kind.space ?? 'unknown');
  const base = pointers.operand.kind === 'reg' ? pointers.operand : l.b.mov(pointers.operand);
  const word = l.bytes('argument', 8);
  for (let i = 0; i < JOIN_ARGUMENTS; i++) {
    const element = offsetBy(to, i * JOIN_BYTES);
    l.b.store(element, 1, imm(0));
    l.b.store(word, 8, imm(0));
    readBytes(word, imm(8), address(base, i * 8), space, l);
    const pointer = l.b.load(word, 8);
    l.b.when('ne', pointer, imm(0), () => {
      l.b.helper(readTextHelper(space, l), [pointerOf(element, l), imm(JOIN_BYTES), pointer]);
    });
  }
}

const fail: FunctionRow = {
  name: 'fail',
  signature: 'void fail(const string format, const args...)',
  doc: 'An error of the compiler, where it gets here: what `if comptime` leaves out does not count.',
  arguments: [1, 128],
  type(call, t) {
    const [format, ...values] = call.arguments.map((argument) => constantOf(argument, t));
    if (values.includes(undefined)) return t.error(call, 'fail() arguments need to be literals');
    let at = 0;
    const text = String(format ?? '').replaceAll(/%(?:%|[-+ #0-9.]*(?:hh|h|ll|l)?[a-zA-Z])/g, (one) => {
      if (one === '%%') return '%';
      const value = values[at++];
      return typeof value === 'boolean' && !one.endsWith('s') ? `${Number(value)}` : String(value);
    });
    return t.error(call, text);
  },
  lower: () => NO_VALUE,
};

export const OUTPUT: readonly FunctionRow[] = [
  formatted(
    'printf',
    'printf',
    'Prints formatted: %d %u %x %s %p %c %r …, as in C: %d, %u and %x show 32 bits, %ld, %lu and %lx 64.',
  ),
  formatted('errorf', 'errorf', 'Prints to stderr as an error of this place in the script.'),
  formatted('warnf', 'warnf', 'Prints to stderr as a warning of this place in the script.'),
  formatted('system', 'system', 'Runs a shell command in the tracer.', true),
  formatted('cat', 'cat', 'Prints the file of the formatted name.'),
  print,
  onMap('clear', 'Removes all entries of a map.'),
  onMap('zero', 'Sets all values of a map to zero.'),
  unwatch,
  exit,
  fail,
  join,
];

export { spaceOf };
