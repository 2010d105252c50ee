/** A report as text for people. */
import { busyUs } from '../../agent/index.ts';
import type {
  Comparison,
  Finding,
  PastQueryRow,
  PastWaitRow,
  ReportEvent,
  ReportRow,
  ReportWindow,
} from '../../api/index.ts';
import { formatMicroseconds, formatRate, formatShare } from '../../base/units.ts';
import {
  type Column,
  layoutTable,
  type Paint,
  rateColumn,
  sanitize,
  shareColumn,
  textColumn,
  timeColumn,
} from '../../terminal/index.ts';

export interface TextOptions {
  readonly width: number;
  readonly paint: Paint;
}

type RowOf<K extends ReportRow['kind']> = Extract<ReportRow, { readonly kind: K }>;

export function reportText(rows: readonly ReportRow[], options: TextOptions): string {
  const of = <K extends ReportRow['kind']>(kind: K): RowOf<K>[] =>
    rows.filter((row): row is RowOf<K> => row.kind === kind);
  const windows = of('window');
  if (windows.length === 0) return 'nothing is known of this time: no agent was running\n';
  const parts = [
    windows.flatMap(windowLines),
    of('finding').flatMap(findingLines),
    section('Events', of('event'), EVENT_COLUMNS, options),
    section('Queries by load', of('query'), QUERY_COLUMNS, options),
    section('Waits of queries', of('wait'), WAIT_COLUMNS, options),
    section('Slow executions', of('execution') as unknown as Execution[], EXECUTION_COLUMNS, options),
    section('What changed, against the earlier window', of('comparison'), COMPARISON_COLUMNS, options),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function section<Row>(
  title: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, paint }: TextOptions,
): string[] {
  return rows.length === 0 ? [] : [`${title}:`, ...layoutTable(columns, rows, { width, paint })];
}

function windowLines({ host, from, to, window_us, coverage, dropped, sessions }: ReportWindow): string[] {
  const total = Object.values(sessions).reduce((sum, value) => sum + value, 0);
  const shares = Object.entries(sessions).map(([name, value]) => `${name} ${formatShare(value / total)}`);
  const quality =
    coverage === 'exact' ? 'every event counted' : `${coverage}${dropped > 0 ? `: ${dropped} events lost` : ''}`;
  return [
    `${host}: ${from} to ${to}, ${formatMicroseconds(window_us)} of it observed, ${quality}`,
    `${formatRate(total)} active sessions on average${total > 0 ? `: ${shares.join(', ')}` : ''}`,
  ];
}

function findingLines({ severity, title, evidence, sql, advice, refuted_by }: Finding): string[] {
  return [
    `${severity.toUpperCase()}: ${sanitize(title)}`,
    ...evidence.map((line) => `  - ${sanitize(line)}`),
    `  next: ${sanitize(advice)}`,
    ...(sql === null ? [] : [`  ${sql}`]),
    `  wrong if: ${sanitize(refuted_by)}`,
  ];
}

const oneLine = (text: string | null): string => (text ?? '(text not seen)').replace(/\s+/g, ' ');
const share = (row: PastQueryRow, time: number): number | undefined =>
  busyUs(row) > 0 ? time / busyUs(row) : undefined;

const EVENT_COLUMNS: readonly Column<ReportEvent>[] = [
  textColumn('at', (row) => row.at),
  textColumn('what', (row) => oneLine(row.what), { flexible: true }),
];

const QUERY_COLUMNS: readonly Column<PastQueryRow>[] = [
  rateColumn('load', (row) => busyUs(row) / row.window_us),
  rateColumn('calls/s', (row) => (row.calls * 1e6) / row.window_us),
  timeColumn('p50', (row) => row.latency_us.p50 ?? undefined),
  timeColumn('p95', (row) => row.latency_us.p95 ?? undefined),
  timeColumn('p99', (row) => row.latency_us.p99 ?? undefined),
  timeColumn('max', (row) => row.latency_us.max ?? undefined),
  shareColumn('on cpu', (row) => share(row, row.on_cpu_us)),
  shareColumn('waiting', (row) => share(row, row.off_cpu_us)),
  shareColumn('run queue', (row) => share(row, row.run_queue_us)),
  textColumn('database', (row) => row.database ?? undefined),
  textColumn('query', (row) => oneLine(row.query), { flexible: true }),
];

const WAIT_COLUMNS: readonly Column<PastWaitRow>[] = [
  rateColumn('load', (row) => row.total_us / row.window_us),
  rateColumn('waits/s', (row) => (row.count * 1e6) / row.window_us),
  timeColumn('mean', (row) => (row.count > 0 ? row.total_us / row.count : undefined)),
  timeColumn('max', (row) => row.max_us ?? undefined),
  textColumn('type', (row) => row.wait_event_type),
  textColumn('event', (row) => row.wait_event, { flexible: true }),
];

/** What is shown of an execution that was stored as it came. */
interface Execution {
  readonly started?: string;
  readonly latency_us?: number;
  readonly on_cpu_us?: number;
  readonly off_cpu_us?: number;
  readonly query?: string | null;
}

const EXECUTION_COLUMNS: readonly Column<Execution>[] = [
  textColumn('started', (row) => row.started),
  timeColumn('latency', (row) => row.latency_us),
  timeColumn('on cpu', (row) => row.on_cpu_us),
  timeColumn('waiting', (row) => row.off_cpu_us),
  textColumn('query', (row) => oneLine(row.query ?? null), { flexible: true }),
];

const COMPARISON_COLUMNS: readonly Column<Comparison>[] = [
  rateColumn('load', (row) => row.now?.sessions),
  rateColumn('before', (row) => row.before?.sessions),
  rateColumn('calls/s', (row) => row.now?.calls_per_second),
  rateColumn('calls/s before', (row) => row.before?.calls_per_second),
  timeColumn('mean', (row) => row.now?.mean_us ?? undefined),
  timeColumn('mean before', (row) => row.before?.mean_us ?? undefined),
  timeColumn('p95', (row) => row.now?.p95_us ?? undefined),
  timeColumn('p95 before', (row) => row.before?.p95_us ?? undefined),
  textColumn('query', (row) => oneLine(row.query), { flexible: true }),
];
