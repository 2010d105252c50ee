/** `pebble object` for people: records as they come, then programs with their hits, then maps. */
import type { MapReport, ObjectRun, ProgramReport } from '../../bpf/object/host/index.ts';
import { countColumn, layoutTable, sanitize, textColumn, timeColumn } from '../../terminal/index.ts';
import { type ObjectWriter, WAS_FULL } from './writer.ts';

/** Bytes of a record without a type that are shown. */
const SHOWN_BYTES = 64;

export function textWriter(): ObjectWriter {
  return {
    started: begin,
    record: ({ map, bytes, value }) => {
      const rest = bytes.length > SHOWN_BYTES ? ` … ${bytes.length} bytes` : '';
      const text = value === undefined ? bytes.toString('hex', 0, SHOWN_BYTES) + rest : valueText(value);
      print(`${map}: ${text}`);
    },
    finished(run) {
      print('');
      printPrograms(run.programs());
      for (const map of run.maps()) printMap(map);
    },
  };
}

function begin(run: ObjectRun): void {
  const programs = run.programs();
  print(`attached ${run.attached} of ${programs.length} programs`);
  for (const { name, attached, notes } of programs) {
    if (!attached) print(`not attached: ${name}: ${notes.join('; ')}`);
    else for (const note of notes) print(`note: ${name}: ${note}`);
  }
  for (const { spec, assumption } of run.maps())
    if (assumption !== undefined) print(`note: ${spec.name}: ${assumption}`);
}

function printPrograms(programs: readonly ProgramReport[]): void {
  const columns = [
    textColumn('program', ({ name }: ProgramReport) => name),
    textColumn('section', ({ section }: ProgramReport) => section),
    countColumn('runs', ({ stats }: ProgramReport) => stats && Number(stats.runs)),
    timeColumn('a run', ({ stats }: ProgramReport) =>
      stats?.runs ? Number(stats.timeNs / stats.runs) / 1000 : undefined,
    ),
    textColumn('', (program: ProgramReport) => remark(program)),
  ];
  for (const line of layoutTable(columns, programs)) print(line.trimEnd());
  for (const { name, output } of programs) {
    if (!output?.length) continue;
    print(`output of ${name}:`);
    const text =
      typeof output === 'string'
        ? output.replace(/\n$/, '')
        : `${output.toString('hex', 0, SHOWN_BYTES)} … ${output.length} bytes`;
    for (const line of text.split('\n')) print(line);
  }
}

/** A program that is attached and never ran may be at the wrong hook: that must not look like "nothing happened". */
function remark({ attached, stats }: ProgramReport): string {
  if (!attached) return 'not attached';
  if (stats?.missed) return `${stats.missed} more were left out: it was running already`;
  return stats && stats.runs === 0n ? 'never ran' : '';
}

function printMap({ spec, events, unlisted, assumption, entries }: MapReport): void {
  const lost = events && events.lost === undefined ? `; ${WAS_FULL}` : events?.lost ? `, ${events.lost} lost` : '';
  const said = events ? `${events.records} records${lost}` : unlisted;
  print('');
  print(`${spec.name} (${spec.type})${said === undefined ? '' : `: ${said}`}`);
  if (assumption) print(`  (${assumption})`);
  if (unlisted !== undefined) return;
  let count = 0;
  for (const { key, value } of entries()) {
    count++;
    print(key === null ? `  ${valueText(value)}` : `  ${valueText(key)}: ${valueText(value)}`);
  }
  if (count === 0) print('  no entries');
}

/** Like JSON, but without quotes around names, and with all digits. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, each]) => `${name}: ${valueText(each)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function print(line: string): void {
  process.stdout.write(`${sanitize(line)}\n`);
}
