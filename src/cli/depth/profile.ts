/** What people see of a profile: the functions with the most time, the phases of each query, and how whole the stacks are. */
import type { Phase, ProfileRow } from '../../api/index.ts';
import { formatCount, formatShare } from '../../base/units.ts';
import { type Column, shareColumn, textColumn, timeColumn } from '../../terminal/index.ts';
import type { Context } from '../command.ts';
import { oneLine, printTable } from './print.ts';

interface FunctionTime {
  readonly name: string;
  readonly module: string;
  self: number;
  total: number;
}

interface QueryTime {
  readonly query: string;
  time: number;
  readonly phases: Map<Phase | null, number>;
}

const sum = (rows: readonly ProfileRow[], of: (row: ProfileRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

export function printProfile(rows: readonly ProfileRow[], context: Context): void {
  const all = sum(rows, ({ time_us }) => time_us);
  const samples = sum(rows, (row) => row.samples);
  const whole = sum(rows, (row) => (row.complete ? row.samples : 0));
  if (samples === 0) {
    printTable(['no sample met a session at work'], [], [], context);
    return;
  }
  const header = [`${formatCount(samples)} samples; ${formatShare(whole / samples)} of the stacks are whole`, ''];
  printTable(
    header,
    queryColumns(all),
    [...queryTimes(rows)].sort((a, b) => b.time - a.time),
    context,
  );
  printTable(
    [],
    functionColumns(all),
    [...functionTimes(rows)].sort((a, b) => b.self - a.self),
    context,
  );
}

const queryColumns = (all: number): readonly Column<QueryTime>[] => [
  shareColumn('share', ({ time }) => time / all),
  timeColumn('time', ({ time }) => time),
  ...(['parse', 'plan', 'run', 'commit'] as const).map((phase) =>
    shareColumn<QueryTime>(phase, ({ time, phases }) => (phases.get(phase) ?? 0) / time),
  ),
  textColumn('query', ({ query }) => query, { flexible: true }),
];

const functionColumns = (all: number): readonly Column<FunctionTime>[] => [
  shareColumn('self', ({ self }) => self / all),
  shareColumn('with callees', ({ total }) => total / all),
  textColumn('function', ({ name }) => name, { flexible: true }),
  textColumn('file', ({ module }) => module),
];

function queryTimes(rows: readonly ProfileRow[]): Iterable<QueryTime> {
  const times = new Map<string, QueryTime>();
  for (const row of rows) {
    const query = row.fingerprint === null ? `(${row.backend_type})` : oneLine(row.query);
    const time = times.get(query) ?? { query, time: 0, phases: new Map() };
    time.time += row.time_us;
    time.phases.set(row.phase, (time.phases.get(row.phase) ?? 0) + row.time_us);
    times.set(query, time);
  }
  return times.values();
}

/** A function that calls itself counts once a stack. */
function functionTimes(rows: readonly ProfileRow[]): Iterable<FunctionTime> {
  const times = new Map<string, FunctionTime>();
  for (const { stack, time_us } of rows) {
    const seen = new Set<string>();
    for (const [at, { function: name, module }] of stack.entries()) {
      const key = `${name}\n${module}`;
      const time = times.get(key) ?? { name, module, self: 0, total: 0 };
      if (!seen.has(key)) time.total += time_us;
      if (at === stack.length - 1) time.self += time_us;
      seen.add(key);
      times.set(key, time);
    }
  }
  return times.values();
}
