/** `pebble object`: loads an object compiled by clang, attaches its programs, shows records, hits and maps. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PebbleError } from '../../base/errors.ts';
import { type BpfObject, loadObject, ObjectRun, openObject } from '../../bpf/object/host/index.ts';
import type { Exit } from '../command.ts';
import { interruption } from '../interrupt.ts';
import { jsonWriter } from '../object/json.ts';
import { textWriter } from '../object/text.ts';
import { setVariables } from '../object/variables.ts';
import type { Parsed } from '../options.ts';
import type { OBJECT_OPTIONS } from '../table.ts';
import { rememberPins } from '../uninstall/remembered-pins.ts';

/** Nothing could be attached: there is nothing to observe. */
const NOTHING_ATTACHED = 4;

export async function run({ options, operands: [path] }: Parsed<typeof OBJECT_OPTIONS>): Promise<Exit> {
  if (path === undefined) {
    throw new PebbleError('usage', { what: 'which object?', hint: 'pebble object FILE.bpf.o' });
  }
  const signal = interruption();
  const object = openObject(path);
  setVariables(object, options.set);
  const loaded = await rememberPins(() => loadObject(object, { ...chosen(object, options.program), tolerant: true }));
  const writer = options.json ? jsonWriter() : textWriter();
  const running = await ObjectRun.start(loaded, (record) => writer.record(record));
  try {
    writer.started(running);
    if (running.attached > 0) await wait(options.duration, signal);
    running.finish();
    writer.finished(running);
    return running.attached > 0 || object.programs.length === 0 ? undefined : NOTHING_ATTACHED;
  } finally {
    running.close();
  }
}

function chosen(object: BpfObject, names: readonly string[]) {
  if (names.length === 0) return {};
  for (const name of names) {
    if (object.programs.some((program) => program.name === name)) continue;
    throw new PebbleError('usage', {
      what: `${object.name} has no program "${name}"`,
      hint: `it has ${object.programs.map((program) => program.name).join(', ') || 'none at all'}`,
    });
  }
  return { programs: ({ name }: { readonly name: string }) => names.includes(name) };
}

/** Until the time is up or somebody presses Ctrl-C. */
async function wait(duration: number | undefined, signal: AbortSignal): Promise<void> {
  try {
    await sleep(duration ?? 2 ** 31 - 1, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
