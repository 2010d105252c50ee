/** Rows of every kind, as `--json` prints them, for a range and facets; or why there are none. */
import { type Feed, History, type Profiler } from '../../agent/index.ts';
import type {
  HistoryRows,
  LockRow,
  ProfileRow,
  QueryRow,
  RowKind,
  RowsAnswer,
  RowsByKind,
  WaitRow,
  Window,
} from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import { CommitRows, IoRows, windowBetween } from '../../collect/attribution/index.ts';
import type { Store } from '../../store/index.ts';
import { FACETS, type Facets, filterOf, type Question } from '../question.ts';
import { findingsAnswer } from './findings.ts';
import { mixAnswer } from './mix.ts';

type Source<K extends RowKind> = (question: Question) => Promise<RowsAnswer<RowsByKind[K]>>;

/** What is answered otherwise than from the live feed. */
export type RowSources = { readonly [K in RowKind]?: Source<K> };

const WHY_MISSING: Readonly<Partial<Record<RowKind, string>>> = {
  locks: 'This agent was started without following locks.',
  io: 'This agent was started without watching block devices.',
  executions: 'This agent was started without keeping single executions.',
};

function whyMissing(kind: RowKind, { refusedSignals, readings }: Feed): string {
  if (!readings) return 'This server shows what agents have stored; it watches nothing itself.';
  const refused = [...refusedSignals].find(([signal]) => signal === kind);
  if (refused) return `This kernel's verifier refused the program that collects it: ${refused[1]}.`;
  return WHY_MISSING[kind] ?? 'This agent does not collect it.';
}

const TOO_EARLY = 'The first readings are on their way; what is older than a quarter of an hour is not kept.';

export const ROW_KINDS = [
  'queries',
  'waits',
  'locks',
  'sessions',
  'io',
  'commits',
  'profile',
  'executions',
  'findings',
] as const satisfies readonly RowKind[];

export interface AnswerFrom {
  /** What knows the range best. */
  readonly store: Store;
  readonly feed: Feed;
  /** What is older than the feed's last minutes. */
  readonly history?: Store | undefined;
  readonly sources?: RowSources | undefined;
}

export function rowsAnswer(
  kind: RowKind,
  { store, feed, history, sources = {} }: AnswerFrom,
  question: Question,
): Promise<RowsAnswer<unknown>> {
  const given = sources[kind];
  if (given) return given(question);
  switch (kind) {
    case 'queries':
      return queriesAnswer(store, question);
    case 'waits':
      return waitsAnswer(store, question);
    case 'findings':
      return findingsAnswer(
        {
          store,
          history,
          locks: feed.locks?.between(question.range).rows ?? [],
          cpus: feed.status().cpus,
          host: feed.host,
        },
        question,
      );
    default:
      return feedAnswer(kind, feed, question);
  }
}

/** What is known of the last minutes only. */
async function feedAnswer(kind: RowKind, feed: Feed, question: Question): Promise<RowsAnswer<unknown>> {
  const { range, facets } = question;
  if (kind === 'sessions' && feed.sessions) {
    return { missing: null, window: NOW, rows: matching(await feed.sessions.read(), facets) };
  }
  if (kind === 'profile' && feed.profiler) return profileAnswer(feed.profiler, question);
  if (kind === 'locks' && feed.locks) {
    const { rows, window } = feed.locks.between(range);
    return { missing: null, window: windowOf(rows, window), rows: rows.filter((row) => isOfLock(row, facets)) };
  }
  if (kind === 'executions' && feed.executions) {
    const rows = feed.executions.between(range);
    return { missing: null, window: windowOf(rows, range), rows: matching(rows, facets) };
  }
  const isIo = kind === 'io' && feed.signals.has('io');
  if (!feed.readings || (!isIo && kind !== 'commits')) return { missing: whyMissing(kind, feed) };
  const readings = feed.readings?.between(range);
  if (!readings) return { missing: TOO_EARLY };
  const [before, after] = readings;
  const window = windowBetween(before.totals, after.totals);
  const rows: readonly RowsByKind['io' | 'commits'][] = isIo
    ? new IoRows(before).advance(after)
    : new CommitRows(before.totals).advance(after.totals);
  return { missing: null, window, rows: matching(rows, facets) };
}

/** Rows that have such a field must have this value. */
function matching<Row extends object>(rows: readonly Row[], facets: Facets): Row[] {
  const wanted = Object.entries(facets);
  return rows.filter((row) =>
    wanted.every(([name, value]) => !(name in row) || String(row[name as keyof Row]) === value),
  );
}

const isOfLock = (row: LockRow, { fingerprint, cluster, database }: Facets): boolean =>
  (fingerprint === undefined || row.waiter_fingerprint === fingerprint || row.blocker_fingerprint === fingerprint) &&
  (cluster === undefined || row.cluster === cluster) &&
  (database === undefined || row.database === database);

const NOW: Window = { window_start: rfc3339(0), window_us: 0, coverage: 'exact', dropped: 0 };

function windowOf(
  rows: readonly Window[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Window {
  const partial = rows.find(({ coverage }) => coverage !== 'exact');
  return {
    window_start: rfc3339(fromMs),
    window_us: Math.round((toMs - fromMs) * 1000),
    coverage: partial?.coverage ?? 'exact',
    dropped: Math.max(0, ...rows.map(({ dropped }) => dropped)),
  };
}

const NO_PROFILE = 'No profile was taken in this window: take one now.';

function profileAnswer(profiler: Profiler, { range, facets, params }: Question): RowsAnswer<ProfileRow> {
  const kind = params.get('kind') === 'off_cpu' ? 'off_cpu' : 'on_cpu';
  const taken = profiler.between(range, kind);
  if (taken.length === 0) return { missing: NO_PROFILE };
  const rows = taken.flatMap((one) => one.rows);
  const window = windowOf(rows, { fromMs: taken[0]!.fromMs, toMs: taken.at(-1)!.toMs });
  return { missing: null, window: { ...window, coverage: 'sampled' }, rows: matching(rows, facets) };
}

/** With a wait as facet: the queries that waited so. */
async function queriesAnswer(store: Store, question: Question): Promise<RowsAnswer<QueryRow>> {
  const { range, facets } = question;
  const where = filterOf(facets, ['host', 'cluster', 'database', 'user', 'fingerprint']);
  const found = await new History(store).queries(range, where);
  if (facets.wait_event_type === undefined && facets.wait_event === undefined) return answer(found);
  const { mix } = await mixAnswer(store, question);
  const isWanted = ({ fingerprint }: QueryRow): boolean => Object.values(mix[fingerprint] ?? {}).some((us) => us > 0);
  return answer({ ...found, rows: found.rows.filter(isWanted) });
}

async function waitsAnswer(store: Store, { range, facets }: Question): Promise<RowsAnswer<WaitRow>> {
  return answer(await new History(store).waits(range, filterOf(facets, FACETS)));
}

function answer<Row extends Window>({ from, to, rows }: HistoryRows<Row>): RowsAnswer<Row> {
  const order = ['exact', 'partial', 'sampled'] as const;
  const coverage = order[Math.max(0, ...rows.map((row) => order.indexOf(row.coverage)))]!;
  const dropped = Math.max(0, ...rows.map((row) => row.dropped));
  const window_us = Math.max((Date.parse(to) - Date.parse(from)) * 1000, ...rows.map((row) => row.window_us));
  return { missing: null, window: { window_start: from, window_us, coverage, dropped }, rows };
}
