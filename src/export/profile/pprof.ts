/**
 * Profiles as pprof reads them: proto/profile.proto of github.com/google/pprof, the fields of which are numbered below.
 * Statement, wait and phase are labels of each sample.
 */
import type { ProfileFrame, ProfileRow } from '../../api/index.ts';
import { doerLabel, innerLabels } from './label.ts';
import { MessageWriter } from './protobuf.ts';

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
  const message = new MessageWriter();
  const time = new MessageWriter()
    .number(VALUE_TYPE.type, strings.of('time'))
    .number(VALUE_TYPE.unit, strings.of('nanoseconds'));
  const samples = new MessageWriter()
    .number(VALUE_TYPE.type, strings.of('samples'))
    .number(VALUE_TYPE.unit, strings.of('count'));
  message.message(PROFILE.sampleType, samples).message(PROFILE.sampleType, time);
  for (const row of rows) message.message(PROFILE.sample, sampleOf(row, frames, strings));
  frames.list.forEach((frame, index) => {
    const [name = '', file = ''] = frame.split('\n');
    addLocation(message, index + 1, strings.of(name), strings.of(file));
  });
  for (const text of strings.list) message.text(PROFILE.string, text);
  message.number(PROFILE.time, startMs * 1e6).number(PROFILE.duration, durationNs);
  return message.message(PROFILE.periodType, time).number(PROFILE.period, periodNs).finish();
}

/** Locations have the innermost first. */
function sampleOf(row: ProfileRow, frames: Numbers<string>, strings: Numbers<string>): MessageWriter {
  const key = ({ function: name, module }: ProfileFrame): string => `${name}\n${module}`;
  const sample = new MessageWriter()
    .numbers(SAMPLE.locations, row.stack.map((frame) => frames.of(key(frame)) + 1).reverse())
    .numbers(SAMPLE.values, [row.samples, Math.round(row.time_us * 1000)]);
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
    sample.message(
      SAMPLE.label,
      new MessageWriter().number(LABEL.key, strings.of(name)).number(LABEL.text, strings.of(value)),
    );
  }
  return sample;
}

/** A function has one location: its lines are not known. */
function addLocation(message: MessageWriter, id: number, name: number, file: number): void {
  const fn = new MessageWriter().number(FUNCTION.id, id).number(FUNCTION.name, name);
  fn.number(FUNCTION.systemName, name).number(FUNCTION.file, file);
  const line = new MessageWriter().number(LINE.function, id);
  message
    .message(PROFILE.function, fn)
    .message(PROFILE.location, new MessageWriter().number(LOCATION.id, id).message(LOCATION.line, line));
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
