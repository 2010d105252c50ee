/** What people see of executions: a waterfall each, the slowest first. */
import type { ExecutionRow, ExecutionStep } from '../../api/index.ts';
import { formatBytes, formatCount, formatMicroseconds } from '../../base/units.ts';
import { sanitize } from '../../terminal/index.ts';
import type { Context } from '../command.ts';
import { oneLine } from './print.ts';

const MOST_EXECUTIONS = 20;
const BAR_CELLS = 40;

export function printExecutions(rows: readonly ExecutionRow[], _context: Context): void {
  if (rows.length === 0) process.stdout.write('no request has ended in this window\n');
  for (const row of rows.slice(0, MOST_EXECUTIONS)) process.stdout.write(`${waterfall(row).join('\n')}\n\n`);
  if (rows.length > MOST_EXECUTIONS) process.stdout.write(`… and ${rows.length - MOST_EXECUTIONS} more\n`);
}

function waterfall(row: ExecutionRow): string[] {
  const time = formatMicroseconds;
  const split = `on cpu ${time(row.on_cpu_us)}, waiting ${time(row.off_cpu_us)}, run queue ${time(row.run_queue_us)}`;
  return [
    `${time(row.latency_us)}  ${sanitize(oneLine(row.query))}`,
    `  ${row.started}, pid ${row.pid}: ${split}`,
    ...taken(row),
    ...row.steps.map((step) => `  ${bar(step, row)} ${time(step.us).padStart(8)}  ${reason(step)}`),
    ...(row.steps_lost > 0 ? [`  … and ${row.steps_lost} sleeps that were not kept`] : []),
  ];
}

/** A dot is time on a CPU, or of other steps. */
function bar({ at_us, us }: ExecutionStep, { latency_us }: ExecutionRow): string {
  const cell = (time: number): number => Math.min(BAR_CELLS, Math.max(0, Math.round((time / latency_us) * BAR_CELLS)));
  const start = Math.min(cell(at_us), BAR_CELLS - 1);
  const length = Math.max(1, cell(at_us + us) - start);
  return '·'.repeat(start) + '█'.repeat(length) + '·'.repeat(BAR_CELLS - start - length);
}

/** What it took besides time, where that is known. */
function taken({ rows, received_bytes, sent_bytes, temp_files, memory_grown_bytes }: ExecutionRow): string[] {
  if (rows == null || received_bytes == null || sent_bytes == null) return [];
  const files =
    temp_files == null ? [] : [`${formatCount(temp_files)} temporary ${temp_files === 1 ? 'file' : 'files'}`];
  const memory = memory_grown_bytes == null ? [] : [`grown by ${formatBytes(memory_grown_bytes)}`];
  const bytes = `${formatBytes(received_bytes)} received, ${formatBytes(sent_bytes)} sent`;
  return [`  ${[`${formatCount(rows)} rows`, bytes, ...files, ...memory].join(', ')}`];
}

const PHASES = { prepare: 'planning', execute: 'executing', commit: 'committing' } as const;

function reason(step: ExecutionStep): string {
  const { wait_event_type, wait_event, count, blocker_pid, phase, inner_query, inner_fingerprint } = step;
  const what = wait_event === null ? 'pushed off its CPU' : `${wait_event_type} ${wait_event}`;
  const times = count > 1 ? `, ${count} times` : '';
  const at = phase ? `, ${PHASES[phase]}` : '';
  const inside = inner_fingerprint == null ? '' : ` ▸ ${sanitize(oneLine(inner_query ?? '(not known)'))}`;
  return `${what}${at}${times}${blocker_pid === null ? '' : `, for pid ${blocker_pid}`}${inside}`;
}
