/**
 * Profiles as pprof reads them: proto/profile.proto of github.com/google/pprof, the fields of which are numbered below.
 * Statement, wait and phase are labels of each sample.
 */
import type { ProfileFrame, ProfileRow } from '../../api/index.ts';
import { Message } from '../protobuf.ts';
import { doerLabel, innerLabels } from './label.ts';

const PROFILE = {
  sampleType: 1,
  sample: 2,
  location: 4,
  function: 5,
  string: 6,
  time: 9,
  duration: 10,
  periodType: 11,
  period: 12,
} as const;
const VALUE_TYPE = { type: 1, unit: 2 } as const;
const SAMPLE = { locations: 1, values: 2, label: 3 } as const;
const LABEL = { key: 1, text: 2 } as const;
const LOCATION = { id: 1, line: 4 } as const;
const LINE = { function: 1 } as const;
const FUNCTION = { id: 1, name: 2, systemName: 3, file: 4 } as const;

export interface Period {
  readonly startMs: number;
  readonly durationNs: number;
  readonly periodNs: number;
}

/** Not compressed; readers take it so, though gzip is usual. */
export function toPprof(rows: readonly ProfileRow[], { startMs, durationNs, periodNs }: Period): Uint8Array {
  const strings = new Numbers(['']);
  const frames = new Numbers<string>();
  const message = new Message();
  const time = new Message().uint(VALUE_TYPE.type, strings.of('time')).uint(VALUE_TYPE.unit, strings.of('nanoseconds'));
  const samples = new Message().uint(VALUE_TYPE.type, strings.of('samples')).uint(VALUE_TYPE.unit, strings.of('count'));
  message.message(PROFILE.sampleType, samples).message(PROFILE.sampleType, time);
  for (const row of rows) message.message(PROFILE.sample, sampleOf(row, frames, strings));
  frames.list.forEach((frame, index) => {
    const [name = '', file = ''] = frame.split('\n');
    addLocation(message, index + 1, strings.of(name), strings.of(file));
  });
  for (const text of strings.list) message.text(PROFILE.string, text);
  message.uint(PROFILE.time, startMs * 1e6).uint(PROFILE.duration, durationNs);
  return message.message(PROFILE.periodType, time).uint(PROFILE.period, periodNs).finish();
}

/** Locations have the innermost first. */
function sampleOf(row: ProfileRow, frames: Numbers<string>, strings: Numbers<string>): Message {
  const key = ({ function: name, module }: ProfileFrame): string => `${name}\n${module}`;
  const sample = new Message()
    .packed(SAMPLE.locations, row.stack.map((frame) => frames.of(key(frame)) + 1).reverse())
    .packed(SAMPLE.values, [row.samples, Math.round(row.time_us * 1000)]);
  const wait = row.wait_event === null ? undefined : `${row.wait_event_type} ${row.wait_event}`;
  const labels = {
    query: doerLabel(row),
    inner_query: innerLabels(row)[0],
    query_id: row.query_id,
    database: row.database,
    kind: row.kind,
    wait,
    phase: row.phase,
  };
  for (const [name, value] of Object.entries(labels)) {
    if (value === null || value === undefined) continue;
    sample.message(SAMPLE.label, new Message().uint(LABEL.key, strings.of(name)).uint(LABEL.text, strings.of(value)));
  }
  return sample;
}

/** A function has one location: its lines are not known. */
function addLocation(message: Message, id: number, name: number, file: number): void {
  const fn = new Message().uint(FUNCTION.id, id).uint(FUNCTION.name, name);
  fn.uint(FUNCTION.systemName, name).uint(FUNCTION.file, file);
  const line = new Message().uint(LINE.function, id);
  message
    .message(PROFILE.function, fn)
    .message(PROFILE.location, new Message().uint(LOCATION.id, id).message(LOCATION.line, line));
}

/** Gives each value a number, in the order of first sight. */
class Numbers<T> {
  readonly list: T[];
  readonly #known: Map<T, number>;

  constructor(first: readonly T[] = []) {
    this.list = [...first];
    this.#known = new Map(first.map((value, index) => [value, index]));
  }

  of(value: T): number {
    let number = this.#known.get(value);
    if (number === undefined) {
      number = this.list.push(value) - 1;
      this.#known.set(value, number);
    }
    return number;
  }
}
