/** What each view's tables must show of a window of the past: rows of `--json`, counted here and written as people read them. */
import type {
  CommitRow,
  ExecutionRow,
  IoCacheRow,
  IoDeviceRow,
  IoFileRow,
  IoOtherRow,
  LockRow,
  ProfileRow,
  QueryRow,
  ReportRow,
  RowKind,
  RowsByKind,
  WaitRow,
  WalRow,
} from '../../src/api/index.ts';
import {
  formatBytes,
  formatCount,
  formatLoad,
  formatMicroseconds,
  formatRate,
  formatShare,
} from '../../src/base/units.ts';

export interface Told {
  /** Lines of `pebble report --json` on the same store. */
  readonly report: readonly ReportRow[];
  /** Rows of the API, which are those of the commands' `--json`. */
  readonly rows: { readonly [K in RowKind]?: readonly RowsByKind[K][] };
}

export interface Figures {
  readonly view: string;
  readonly table: string;
  /** Heads of the columns that are compared. */
  readonly columns: readonly string[];
  readonly expected: (told: Told) => readonly (readonly string[])[];
}

const time = (us: number | null): string => (us === null ? '-' : formatMicroseconds(us));
const perSecond = ({ window_us }: { readonly window_us: number }, amount: number): number => (amount * 1e6) / window_us;

const statements = ({ report }: Told): QueryRow[] => report.filter((row) => row.kind === 'query');
const STATEMENTS = ['load', 'calls/s', 'p50', 'p95', 'p99', 'CPU/s', 'read/s', 'WAL/s'];
const statementCells = (told: Told): string[][] =>
  statements(told).map((row) => [
    formatLoad((row.on_cpu_us + row.off_cpu_us + row.run_queue_us) / row.window_us),
    formatRate(perSecond(row, row.calls)),
    time(row.latency_us.p50),
    time(row.latency_us.p95),
    time(row.latency_us.p99),
    formatMicroseconds(perSecond(row, row.on_cpu_us)),
    formatRate(perSecond(row, row.shared_blks_read)),
    formatBytes(perSecond(row, row.wal_bytes)),
  ]);

const WAITS = ['sessions', 'waits', 'average', 'longest'];
const waitCells = ({
  total_us,
  count,
  max_us,
  window_us,
}: Pick<WaitRow, 'total_us' | 'count' | 'max_us' | 'window_us'>) => [
  formatLoad(total_us / window_us),
  formatCount(count),
  formatMicroseconds(total_us / Math.max(1, count)),
  time(max_us),
];

/** Waits added by what `keyOf` says. */
function added(rows: readonly WaitRow[], keyOf: (row: WaitRow) => string): WaitRow[] {
  return [...Map.groupBy(rows, keyOf).values()].map((own) => ({
    ...own[0]!,
    total_us: own.reduce((sum, { total_us }) => sum + total_us, 0),
    count: own.reduce((sum, { count }) => sum + count, 0),
    max_us: own.every(({ max_us }) => max_us === null) ? null : Math.max(...own.map(({ max_us }) => max_us ?? 0)),
  }));
}

const byProcess = (wanted: (row: WaitRow) => boolean) => (told: Told) =>
  added((told.rows.waits as readonly WaitRow[]).filter(wanted), (row) =>
    [row.backend_type, row.wait_event_type, row.wait_event].join(' '),
  ).map((row) => [row.backend_type, ...waitCells(row)]);

const SESSIONS = ['client backend', 'parallel worker'];
const io = <Row>(told: Told, kind: string): Row[] => told.rows.io!.filter((row) => row.kind === kind) as Row[];
const steps = (row: CommitRow | WalRow): number =>
  row.insert_us + row.write_us + row.sync_us + row.group_us + row.replication_us;

function blockers({ rows }: Told): string[][] {
  const blocked = rows.locks!.filter(({ blocker_pid }) => blocker_pid !== null);
  const groups = Map.groupBy(blocked, ({ cluster, blocker_application, blocker_user }: LockRow) =>
    [cluster, blocker_application ?? blocker_user].join(' '),
  );
  return [...groups.values()].map((own) => [
    formatCount(own.reduce((sum, { count }) => sum + count, 0)),
    formatMicroseconds(Math.max(...own.map(({ max_us }) => max_us))),
  ]);
}

/** Stands where a stack could not be followed to its end. */
const UNKNOWN_START = 'the beginning of the stack is missing';

function functions({ rows }: Told): string[][] {
  const own = new Map<string, number>();
  const profile = rows.profile as readonly ProfileRow[];
  const total = profile.reduce((sum, { time_us }) => sum + time_us, 0);
  for (const { stack, time_us, complete } of profile) {
    for (const { function: name } of stack) own.set(name, own.get(name) ?? 0);
    if (!complete) own.set(UNKNOWN_START, own.get(UNKNOWN_START) ?? 0);
    const last = stack.at(-1)!.function;
    own.set(last, own.get(last)! + time_us);
  }
  return [...own].map(([name, us]) => [formatShare(us / total), name]);
}

export const FIGURES: readonly Figures[] = [
  ...['load', 'queries', 'query', 'latency'].map((view) => ({
    view,
    table: 'queries',
    columns: STATEMENTS,
    expected: statementCells,
  })),
  {
    view: 'executions',
    table: 'executions',
    columns: ['latency', 'pid'],
    expected: ({ report }) =>
      report
        .filter((row) => row.kind === 'execution')
        .map((row) => row as unknown as ExecutionRow)
        .map(({ latency_us, pid }) => [formatMicroseconds(latency_us), String(pid)]),
  },
  { view: 'locks', table: 'blockers', columns: ['waits', 'longest'], expected: blockers },
  {
    view: 'waits',
    table: 'waits',
    columns: WAITS,
    expected: ({ report }) => report.filter((row) => row.kind === 'wait').map(waitCells),
  },
  {
    view: 'background',
    table: 'background',
    columns: ['process', ...WAITS],
    expected: byProcess((row) => !SESSIONS.includes(row.backend_type) && row.wait_event_type !== 'Activity'),
  },
  {
    view: 'internals',
    table: 'internals',
    columns: ['process', ...WAITS],
    expected: byProcess((row) => ['LWLock', 'BufferPin', 'Buffer'].includes(row.wait_event_type)),
  },
  { view: 'flames', table: 'functions', columns: ['itself', 'function'], expected: functions },
  {
    view: 'io',
    table: 'devices',
    columns: ['time/s', 'operation', 'requests/s', 'bytes/s', 'p50', 'p99'],
    expected: (told) =>
      io<IoDeviceRow>(told, 'device').map((row) => [
        formatMicroseconds(perSecond(row, row.latency_us.total)),
        row.operation,
        formatRate(perSecond(row, row.count)),
        formatBytes(perSecond(row, row.bytes)),
        time(row.latency_us.p50),
        time(row.latency_us.p99),
      ]),
  },
  {
    view: 'io',
    table: 'cache',
    columns: ['read/s', 'disk/s'],
    expected: (told) =>
      io<IoCacheRow>(told, 'cache').map((row) => [
        formatBytes(perSecond(row, row.read_bytes)),
        formatBytes(perSecond(row, row.disk_bytes)),
      ]),
  },
  {
    view: 'io',
    table: 'files',
    columns: ['bytes/s', 'operation', 'requests/s'],
    expected: (told) =>
      io<IoFileRow>(told, 'file').map((row) => [
        formatBytes(perSecond(row, row.bytes)),
        row.operation,
        formatRate(perSecond(row, row.count)),
      ]),
  },
  {
    view: 'io',
    table: 'others',
    columns: ['bytes/s', 'operation', 'average'],
    expected: (told) =>
      io<IoOtherRow>(told, 'other').map((row) => [
        formatBytes(perSecond(row, row.bytes)),
        row.operation,
        formatMicroseconds(row.total_us / Math.max(1, row.count)),
      ]),
  },
  {
    view: 'wal',
    table: 'commits',
    columns: ['wait/s', 'commits/s', 'WAL/s'],
    expected: ({ rows }) =>
      rows
        .commits!.filter((row) => row.kind === 'statement')
        .map((row) => [
          formatMicroseconds(perSecond(row, steps(row))),
          formatRate(perSecond(row, row.commits)),
          formatBytes(perSecond(row, row.wal_bytes)),
        ]),
  },
  {
    view: 'sessions',
    table: 'clients',
    columns: ['application', 'sessions', 'requests', 'a second', 'average'],
    expected: ({ rows }) =>
      rows.clients!.map((row) => [
        row.application || '(none)',
        formatLoad(row.total_us / row.window_us),
        formatCount(row.requests),
        formatRate(perSecond(row, row.requests)),
        time(row.requests === 0 ? null : row.total_us / row.requests),
      ]),
  },
  {
    view: 'fleet',
    table: 'fleet',
    columns: ['active', 'host'],
    expected: ({ report }) =>
      report
        .filter((row) => row.kind === 'window')
        .map(({ sessions, host }) => [formatLoad(Object.values(sessions).reduce((sum, one) => sum + one, 0)), host]),
  },
];

/** Runs in the page: the cells of a table's columns in the rows that exist, and how many rows it has. */
export const cellsOf = (table: string, columns: readonly string[]): string => `(() => {
  const table = document.querySelector('table[data-table=${table}]');
  const heads = [...table.querySelectorAll('th')].map((head) => head.textContent.replace(/ [▾▴]$/, ''));
  const at = ${JSON.stringify(columns)}.map((name) => heads.indexOf(name));
  const rows = [...table.querySelectorAll('tbody tr:not(.spacer)')];
  return [rows.map((row) => at.map((index) => row.cells[index].textContent.replace('≈', ''))), table.ariaRowCount - 1];
})()`;
