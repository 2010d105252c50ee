/** `pebble run TOOL --from-history`: what a tool shows of now, of some time of the past, from what the agent has kept. */
import { History, loadConfiguration, lockWindowsOf, Profile, sumLocks } from '../../agent/index.ts';
import type { ExecutionRow, HistoryWindow } from '../../api/index.ts';
import { formatMicroseconds } from '../../base/units.ts';
import { openStore, type RecordKind, type Store, type TimeRange } from '../../store/index.ts';
import { layoutTable, noPaint, outputColumns, sgrPaint, sortRows, type ViewSpec } from '../../terminal/index.ts';
import { chooser, lockChooser, tellNothing } from '../choice.ts';
import type { Context } from '../command.ts';
import { printExecutions } from '../depth/executions.ts';
import { printIo } from '../depth/io.ts';
import { leastWhole, printNdjson } from '../depth/print.ts';
import { printProfile } from '../depth/profile.ts';
import { printWal } from '../depth/wal.ts';
import type { Parsed } from '../options.ts';
import { rangeOf } from '../report/range.ts';
import type { PAST_TOOL_OPTIONS } from '../table.ts';
import { LOCK_VIEW } from '../watch/lock-view.ts';
import { QUERY_VIEW, topRows } from '../watch/query-view.ts';
import { isIdle, WAIT_VIEW } from '../watch/wait-view.ts';
import { type Columns, hasAny, OF_QUERIES, viewOf } from './of-queries.ts';

type PastOptions = Parsed<typeof PAST_TOOL_OPTIONS>['options'];

interface Asked {
  readonly store: Store;
  readonly range: TimeRange;
  readonly options: PastOptions;
}

/** Rows of the past, the window that they are of, and how people see them. */
interface Answer {
  readonly window: HistoryWindow;
  readonly rows: readonly object[];
  readonly print: (context: Context) => void;
}

const answer = <Row extends object>(
  window: HistoryWindow,
  rows: readonly Row[],
  print: (rows: readonly Row[], context: Context) => void,
): Answer => ({ window, rows, print: (context) => print(rows, context) });

const ANSWERS: Readonly<Record<string, (asked: Asked) => Promise<Answer>>> = {
  pgtop: queries,
  pglat: queries,
  pgwaits: waits,
  pglocks: locks,
  pgio: io,
  pgcommit: wal,
  pgslower: executions,
  pgprofile: profiles,
  ...Object.fromEntries(
    Object.entries(OF_QUERIES).map(([tool, columns]) => [tool, (asked: Asked) => ofQueries(columns, asked)]),
  ),
};

export const isKept = (tool: string): boolean => Object.hasOwn(ANSWERS, tool);

export async function runPast(tool: string, options: PastOptions, context: Context): Promise<void> {
  const range = rangeOf(options, Date.now());
  const store = await openStore(options.store ?? loadConfiguration(options.config, {}).store, { readOnly: true });
  try {
    const { window, rows, print } = await ANSWERS[tool]!({ store, range, options });
    tellNothing(rows, options);
    if (options.json) return printNdjson(rows);
    const observed = formatMicroseconds(window.observed_us);
    const dropped = leastWhole(rows)?.dropped ?? 0;
    const lost = dropped > 0 ? `, ${dropped} events lost` : '';
    process.stdout.write(`${window.from} to ${window.to}, ${observed} of it observed${lost}\n\n`);
    print(context);
  } finally {
    await store.close();
  }
}

/** What a store itself can choose by. */
const whereOf = ({ pgdata, host, database, user }: PastOptions) => ({
  ...(host !== undefined && { host }),
  ...(pgdata !== undefined && { cluster: pgdata }),
  ...(database !== undefined && { database }),
  ...(user !== undefined && { user }),
});

async function queries({ store, range, options }: Asked): Promise<Answer> {
  const history = new History(store);
  const { rows, ...window } = await history.queries(range, whereOf(options));
  const { rows: waited } = await history.waits(range, whereOf(options));
  const table = tableOf(QUERY_VIEW, options);
  return answer(window, rows.filter(chooser(options)), (chosen, context) =>
    table(topRows({ queries: chosen, waits: waited }), context),
  );
}

async function ofQueries(columns: Columns, { store, range, options }: Asked): Promise<Answer> {
  const { rows, ...window } = await new History(store).queries(range, whereOf(options));
  const chosen = rows.filter(chooser(options)).filter((row) => hasAny(columns, row));
  return answer(window, chosen, tableOf(viewOf(columns), options));
}

async function waits({ store, range, options }: Asked): Promise<Answer> {
  const { rows, ...window } = await new History(store).waits(range, whereOf(options));
  const table = tableOf(WAIT_VIEW, options);
  return answer(window, rows.filter(chooser(options)), (chosen, context) =>
    table(
      chosen.filter((row) => !isIdle(row)),
      context,
    ),
  );
}

async function io({ store, range, options }: Asked): Promise<Answer> {
  const where = whereOf(options);
  const { host, ...doer } = where as { readonly host?: string };
  const others = host === undefined ? {} : { host };
  const { rows, ...window } = await new History(store).io(range, { doers: where, queries: where, others });
  // Requests of others are of nobody who could be chosen.
  const isChosen = Object.keys(doer).length > 0 ? (row: (typeof rows)[number]) => row.kind !== 'other' : () => true;
  return answer(window, rows.filter(chooser(options)).filter(isChosen), printIo);
}

async function wal({ store, range, options }: Asked): Promise<Answer> {
  const where = whereOf(options);
  const { rows, ...window } = await new History(store).commits(range, { queries: where, waits: where });
  return answer(window, rows.filter(chooser(options)), printWal);
}

const MOST_RECORDS = 20_000;

/** The longest of each minute are kept. */
async function locks({ store, range, options }: Asked): Promise<Answer> {
  const { rows } = sumLocks(lockWindowsOf(await recordsOf('lock', { store, range, options })), range);
  return answer(await windowIn(store, range), rows.filter(lockChooser(options)), tableOf(LOCK_VIEW, options));
}

/** The slowest of each statement and interval are kept. */
async function executions({ store, range, options }: Asked): Promise<Answer> {
  const records = await recordsOf('execution', { store, range, options });
  const kept = records.map(({ host, body }) => ({ host, ...(body as ExecutionRow) }));
  const slowest = kept.filter(chooser(options)).sort((a, b) => b.latency_us - a.latency_us);
  return answer(await windowIn(store, range), slowest, printExecutions);
}

/** Those that somebody has asked the agent for. */
async function profiles({ store, range, options }: Asked): Promise<Answer> {
  const records = await recordsOf('profile', { store, range, options });
  const rows = records
    .flatMap(({ host, body }) => Profile.rowsOf(body as Profile).map((row) => ({ host, ...row })))
    .filter(({ kind }) => kind === 'on_cpu');
  return answer(await windowIn(store, range), rows.filter(chooser(options)), (chosen, context) =>
    chosen.length > 0 ? printProfile(chosen, context) : process.stdout.write(`${NO_PROFILE}\n`),
  );
}

const NO_PROFILE = 'the agent takes stacks when somebody asks it, on its page Profiles, and nobody did in this time';

const recordsOf = (kind: RecordKind, { store, range, options }: Asked) =>
  store.records({ kind, range, ...whereOf(options), limit: MOST_RECORDS });

/** Of how much of it anything was kept. */
async function windowIn(store: Store, range: TimeRange): Promise<HistoryWindow> {
  const { rows: _, ...window } = await new History(store).waits(range, { wait_event_type: 'Lock' });
  return window;
}

const DEFAULT_TOP = 20;

const tableOf =
  <Row>({ columns, sorted }: Pick<ViewSpec<Row>, 'columns' | 'sorted'>, { top = DEFAULT_TOP }: PastOptions) =>
  (rows: readonly Row[], { color }: Context): void => {
    const ordered = sortRows(rows, columns.find(({ title }) => title === sorted) ?? columns[0]!).slice(0, top);
    const table = layoutTable(columns, ordered, { width: outputColumns(), paint: color ? sgrPaint : noPaint, sorted });
    const more = rows.length > top ? [`… and ${rows.length - top} more`] : [];
    process.stdout.write(`${[...(rows.length > 0 ? table : []), ...more].join('\n')}\n`);
  };
