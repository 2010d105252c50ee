/** What happens to each kind of event: one function per kind makes the handler of one event of a script. */
import { closeSync, openSync, readSync } from 'node:fs';
import { type RecordShape, sizeOf } from '../base/record.ts';
import { strerror } from '../base/strerror.ts';
import type { EventKind, ScriptEvent } from '../lang/script.ts';
import { type CutFinder, findCuts } from './format/cut-numbers.ts';
import { type ByteText, toBytes } from './format/printable.ts';
import { compileFormat } from './format/printf.ts';
import { readerOf, readText } from './format/read-value.ts';
import { takeSnapshot } from './format/snapshot.ts';
import { strftime } from './format/strftime.ts';
import { clearMap, readMap, zeroMap } from './map-access.ts';
import type { RunOutput } from './output.ts';
import type { Session } from './session.ts';
import { inexactText } from './top-k.ts';

/** Takes the ring record at `offset`. */
export type Handler = (view: DataView, offset: number) => void;

type Event<K extends EventKind> = ScriptEvent & { readonly kind: K };
type Maker = (event: ScriptEvent, session: Session) => Handler;
type Makers = { readonly [K in EventKind]: (event: Event<K>, session: Session) => Handler };

const MAKERS: Makers = {
  printf: ({ format, arguments: args, shape }, { context, output }) => {
    const text = compileFormat(format, args, shape, context);
    const write: Handler = (view, offset) => output.write(output.values.printf(text(view, offset)));
    const findCut = findCuts(format, args, shape);
    return findCut ? warningOnce(findCut, write, output) : write;
  },
  print: ({ argument, shape }, { context, output }) => {
    const read = readerOf(argument.type, context, shape.fields[argument.name]);
    const at = shape.offsets[argument.name]!;
    return (view, offset) => output.write(output.values.value(read(view, offset + at)));
  },
  printMap: ({ map: name, shape }, session) => {
    const { context, collection, output } = session;
    const map = session.mapNamed(name);
    return (view, offset) => {
      const options = { top: field(shape, 'top', view, offset), divisor: field(shape, 'div', view, offset) };
      const snapshot = takeSnapshot(map, readMap(collection, map), context, options);
      output.write(output.values.map(snapshot));
      if (snapshot.inexact) output.warning(inexactText(map.name, snapshot.inexact));
    };
  },
  clear: ({ map: name }, session) => {
    const map = session.mapNamed(name);
    return () => clearMap(session.collection, map);
  },
  zero: ({ map: name }, session) => {
    const map = session.mapNamed(name);
    return () => zeroMap(session.collection, map);
  },
  exit:
    ({ shape }, session) =>
    (view, offset) =>
      session.exit(view.getUint8(offset + shape.offsets.code!)),
  unwatch:
    ({ shape }, session) =>
    (view, offset) =>
      session.unwatch(view.getBigUint64(offset + shape.offsets.address!, true)),
  time:
    ({ format }, { output }) =>
    () =>
      output.write(output.values.time(strftime(format, new Date()))),
  join: ({ shape, separator }, { output }) => {
    const argv = textArray(shape, 'argv');
    return (view, offset) => output.write(output.values.join(argv(view, offset).join(separator)));
  },
  system: ({ format, arguments: args, shape }, { context, output }) => {
    const text = compileFormat(format, args, shape, context);
    return (view, offset) => {
      const result = runCommand(text(view, offset));
      if (typeof result === 'number') output.error(`command exited with code ${result}`);
      else output.write(output.values.system(result));
    };
  },
  cat: ({ format, arguments: args, shape }, { context, output, script }) => {
    const text = compileFormat(format, args, shape, context);
    return (view, offset) => {
      const path = utf8(text(view, offset));
      const contents = readStart(path, script.config.maxCatBytes);
      if (contents === undefined) output.error(`failed to open file '${path}' (No such file or directory)`);
      else output.write(output.values.cat(contents));
    };
  },
  errorf: (event, session) => scripted('ERROR', event, session),
  warnf: (event, session) => scripted('WARNING', event, session),
  helperError: ({ helper, message, shape, at }, { output }) => {
    const codeAt = shape.offsets.code;
    return (view, offset) => {
      const code = codeAt === undefined ? 0 : view.getInt32(offset + codeAt, true);
      const said = helper === '' ? message : strerror(-code);
      output.report(output.reports.runtimeError({ helper, message: said, code }, at));
    };
  },
  emit: ({ name, type, shape }, { context, output }) => {
    const read = readerOf(type, context, shape.fields.value);
    const at = shape.offsets.value ?? 0;
    return (view, offset) => output.write(output.values.emit(toBytes(name), read(view, offset + at)));
  },
};

/** By the id that starts every record. */
export function makeHandlers(session: Session): Handler[] {
  return session.script.events.map((event) => (MAKERS[event.kind] as unknown as Maker)(event, session));
}

const field = (shape: RecordShape, name: string, view: DataView, offset: number): number =>
  view.getUint32(offset + shape.offsets[name]!, true);

function scripted(severity: 'ERROR' | 'WARNING', event: Event<'errorf' | 'warnf'>, session: Session): Handler {
  const text = compileFormat(event.format, event.arguments, event.shape, session.context);
  const { output } = session;
  return (view, offset) => output.report(output.reports.scripted(severity, text(view, offset), event.at));
}

/** Says once what `find` finds, and then looks no further. */
function warningOnce(find: CutFinder, write: Handler, output: RunOutput): Handler {
  let look: CutFinder | undefined = find;
  return (view, offset) => {
    write(view, offset);
    const found = look?.(view, offset);
    if (found === undefined) return;
    look = undefined;
    output.warning(`printf(): ${found}`);
  };
}

const utf8 = (text: ByteText): string => Buffer.from(text, 'latin1').toString();

/** The texts of an array of fixed buffers, up to the first empty one. */
function textArray(shape: RecordShape, name: string): (view: DataView, offset: number) => ByteText[] {
  const array = shape.fields[name]!;
  if (array.kind !== 'array') throw new TypeError(`${name} is no array`);
  const size = sizeOf(array.of);
  return (view, offset) => {
    const texts: ByteText[] = [];
    for (let i = 0; i < array.length; i++) {
      const text = readText(view, offset + shape.offsets[name]! + i * size, size, '');
      if (text === '') break;
      texts.push(text);
    }
    return texts;
  };
}

/** What the command wrote, to standard error too; its exit status when it failed. */
function runCommand(command: ByteText): ByteText | number {
  const argv = ['-c', 'exec sh -c "$1" 2>&1', 'sh', utf8(command)];
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const { status, stdout } = spawnSync('sh', argv, {
    stdio: ['inherit', 'pipe', 'inherit'],
    encoding: 'latin1',
    maxBuffer: 1 << 30,
  });
  return status === 0 ? stdout : (status ?? 127);
}

/** The first bytes of a file; nothing when it cannot be read. */
function readStart(path: string, size: number): ByteText | undefined {
  const bytes = Buffer.alloc(size);
  let length = 0;
  try {
    const fd = openSync(path, 'r');
    try {
      for (let read = -1; read !== 0 && length < size; length += read) {
        read = readSync(fd, bytes, length, size - length, null);
      }
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
  return bytes.toString('latin1', 0, length);
}
