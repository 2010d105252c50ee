/** `pebble object --json`: rows of records, programs, maps and entries (docs/json.md). */
import type { EventRecord, MapReport, ObjectRun, ProgramReport } from '../../bpf/object/host/index.ts';
import { type ObjectWriter, WAS_FULL } from './writer.ts';

export function jsonWriter(): ObjectWriter {
  return {
    started: tell,
    record: ({ map, bytes, value }: EventRecord) =>
      row({ kind: 'record', map, size_bytes: bytes.length, value: value ?? null, hex: bytes.toString('hex') }),
    finished(run) {
      for (const program of run.programs()) row(programRow(program));
      for (const map of run.maps()) writeMap(map);
    },
  };
}

/** TypeScript does not know it yet. */
const RAW = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** Integers that no JavaScript number holds are written with all their digits. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? RAW.rawJSON(each.toString()) : each));
}

function row(fields: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${jsonText(fields)}\n`);
}

function programRow({ name, section, attached, strategy, notes, stats, output }: ProgramReport) {
  return {
    kind: 'program',
    program: name,
    section,
    attached,
    strategy: strategy ?? null,
    runs: stats ? Number(stats.runs) : null,
    run_us: stats ? Number(stats.timeNs) / 1000 : null,
    missed: stats ? Number(stats.missed) : null,
    notes,
    output: output === undefined ? null : typeof output === 'string' ? output : { hex: output.toString('hex') },
  };
}

function writeMap({ spec, events, unlisted, assumption, entries }: MapReport): void {
  const map = spec.name;
  let count = 0;
  if (unlisted === undefined) {
    for (const { key, value } of entries()) {
      row({ kind: 'entry', map, key, value });
      count++;
    }
  }
  row({
    kind: 'map',
    map,
    type: spec.type,
    entries: unlisted === undefined ? count : null,
    records: events?.records ?? null,
    lost: events?.lost ?? null,
    note:
      [unlisted, assumption, events && events.lost === undefined ? WAS_FULL : undefined]
        .filter((text) => text !== undefined)
        .join('; ') || null,
  });
}

/** Who waits for it learns that it has begun, and what is not as the object says. */
function tell(run: ObjectRun): void {
  const programs = run.programs();
  for (const { spec, assumption } of run.maps()) {
    if (assumption !== undefined) process.stderr.write(`warning: map "${spec.name}": ${assumption}\n`);
  }
  for (const { name, attached, notes } of programs) {
    if (!attached) process.stderr.write(`warning: program "${name}" is not attached: ${notes.join('; ')}\n`);
  }
  process.stderr.write(`attached ${run.attached} of ${programs.length} programs\n`);
}
