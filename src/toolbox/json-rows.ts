/** What a tool finds, as rows of NDJSON: a row an event, a row a map's entry. */
import { rfc3339 } from '../base/time.ts';
import { jsonText, mapValueJson, valueJson } from '../tracer/format/json-output.ts';
import type { OutputFormat } from '../tracer/format/output-format.ts';
import { type ByteText, type Printable, toBytes } from '../tracer/format/printable.ts';
import type { MapSnapshot } from '../tracer/format/snapshot.ts';
import type { Window } from './window.ts';

export function jsonRows(tool: string, window: Window): OutputFormat {
  const row = (fields: readonly Field[]): ByteText => {
    const head: Field[] = [
      ['tool', jsonText(toBytes(tool))],
      ['window_start', jsonText(rfc3339(window.startMs))],
      ['window_us', String(window.microseconds())],
      ['coverage', window.dropped > 0 ? '"partial"' : '"exact"'],
      ['dropped', String(window.dropped)],
    ];
    return `{${[...head, ...fields].map(([name, json]) => `${jsonText(name)}:${json}`).join(',')}}\n`;
  };
  const text = (value: ByteText): ByteText => row([['text', jsonText(value)]]);
  return {
    map: (snapshot) => snapshot.rows.map((entry) => row(entryFields(snapshot, entry))).join(''),
    value: (value) => row(namedFields('value', value)),
    emit: (name, value) => row([['event', jsonText(name)], ...namedFields('value', value)]),
    printf: text,
    time: text,
    cat: text,
    join: text,
    system: text,
    benchmarks: () => '',
    end: () => '',
  };
}

type Field = readonly [name: ByteText, json: ByteText];

/** Keys and values that are records give their fields; others are named `key` and as the map. */
function entryFields({ name }: MapSnapshot, { key, value }: MapSnapshot['rows'][number]): Field[] {
  const called = name.slice(1) || 'value';
  const keys = key === null ? [] : namedFields('key', key);
  const isRecord = value !== null && typeof value === 'object' && value.kind === 'record';
  return [...keys, ...(isRecord ? namedFields(called, value) : ([[called, mapValueJson(value)]] as const))];
}

function namedFields(name: ByteText, value: Printable): Field[] {
  if (value === null || typeof value !== 'object' || value.kind !== 'record') return [[name, valueJson(value)]];
  return value.fields.map(([field, part]) => [field, valueJson(part)] as const);
}
