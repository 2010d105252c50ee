/** Rows of every kind, as `--json` prints them, for a range and facets; or why there are none. */
import { busyOf, type Feed, History } from '../../agent/index.ts';
import type {
  CatalogEvent,
  ClientRow,
  ExecutionRow,
  Finding,
  HistoryRows,
  IoRow,
  LockRow,
  ProfileRow,
  QueryRow,
  RowKind,
  RowsAnswer,
  RowsByKind,
  SessionRow,
  Window,
} from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import { CommitRows, IoRows, windowBetween } from '../../collect/attribution/index.ts';
import { identityAt, type Sample, type Store, type TimeRange } from '../../store/index.ts';
import { whyBlind } from '../blind.ts';
import { FACETS, type Facets, filterOf, numberOf, type Question } from '../question.ts';
import { RUNNING_NAMES } from './activity.ts';
import { isUncollected, NOT_COLLECTED, OF_CLIENTS } from './clients.ts';
import { findingsAnswer } from './findings.ts';
import { mixAnswer } from './mix.ts';
import { executionsBetween, locksBetween, profilesBetween } from './past.ts';

type Source<K extends RowKind> = (question: Question) => Promise<RowsAnswer<RowsByKind[K]>>;

/** What is answered otherwise than from the live feed. */
export type RowSources = { readonly [K in RowKind]?: Source<K> };

const WHY_MISSING: Readonly<Partial<Record<RowKind, string>>> = {
  locks: 'This agent was started without following locks.',
  io: 'This agent was started without watching block devices.',
  executions: 'This agent was started without keeping single executions.',
};

function whyMissing(kind: RowKind, { refusedSignals, readings, sessions }: Feed): string {
  if (!readings && sessions) return 'Samples do not tell it: that takes eBPF, which takes root.';
  if (!readings) return 'This server shows what agents have stored; it watches nothing itself.';
  const refused = [...refusedSignals].find(([signal]) => signal === kind);
  if (refused) return `This kernel's verifier refused the program that collects it: ${refused[1]}.`;
  return WHY_MISSING[kind] ?? 'This agent does not collect it.';
}

const NO_RECORD = {
  locks: 'No wait for a lock was stored of this window: nobody waited, or its agent does not follow locks.',
  executions: 'No execution was stored of this window: none was slow, or its agent does not keep them.',
} as const;

/** Of a window that was watched elsewhere. */
function whyNoRecord(kind: keyof typeof NO_RECORD, feed: Feed, dropped: number): string {
  if (feed.readings || feed.sessions) return whyMissing(kind, feed);
  return dropped === 0 ? NO_RECORD[kind] : `${NO_RECORD[kind]} ${dropped} events were lost.`;
}

const TOO_EARLY = 'The first readings are on their way.';

export const ROW_KINDS = [
  'queries',
  'waits',
  'locks',
  'sessions',
  'clients',
  'io',
  'commits',
  'profile',
  'executions',
  'findings',
  'events',
] as const satisfies readonly RowKind[];

export interface AnswerFrom {
  /** What knows the range best: the feed's last minutes, or history. */
  readonly store: Store;
  readonly feed: Feed;
  readonly history?: Store | undefined;
  readonly sources?: RowSources | undefined;
}

export async function rowsAnswer(kind: RowKind, from: AnswerFrom, question: Question): Promise<RowsAnswer<unknown>> {
  const blind = whyBlind(`/api/rows/${kind}`, question.facets);
  if (blind !== undefined) return { missing: blind };
  const given = from.sources?.[kind];
  if (given) return given(question);
  switch (kind) {
    case 'queries':
      return queriesAnswer(from, question);
    case 'waits':
      return answer(await new History(from.store).waits(question.range, filterOf(question.facets, FACETS)), from);
    case 'clients':
      return clientsAnswer(from, question);
    case 'findings':
      return findingsOf(from, question);
    case 'events':
      return eventsAnswer(from, question);
    case 'sessions':
      return sessionsAnswer(from, question);
    case 'locks':
      return locksAnswer(from, question);
    case 'executions':
      return executionsAnswer(from, question);
    case 'profile':
      return profileAnswer(from, question);
    case 'io':
    case 'commits':
      return from.store === from.feed.recent
        ? readingsAnswer(kind, from.feed, question)
        : pastAnswer(kind, from, question);
  }
}

async function findingsOf({ store, feed, history }: AnswerFrom, question: Question): Promise<RowsAnswer<Finding>> {
  const { rows: locks } = await locksBetween({ store: history, feed }, question.range, question.facets);
  const { catalogs, machine, host } = feed;
  const endsNow = question.range.toMs >= Date.parse(feed.status().at);
  const sources = { store, history, locks, cpus: feed.status().cpus, host, ...(endsNow && { catalogs, machine }) };
  return findingsAnswer(sources, question);
}

const NO_HISTORY = 'Events are kept in history, and this agent keeps none.';
const MOST_EVENTS = 1000;

/** Latest first. */
async function eventsAnswer({ history }: AnswerFrom, { range, facets }: Question): Promise<RowsAnswer<CatalogEvent>> {
  if (!history) return { missing: NO_HISTORY };
  const where = filterOf(facets, ['host', 'cluster']) as { host?: string; cluster?: string };
  const records = await history.records({ kind: 'event', range, ...where, limit: MOST_EVENTS });
  return { missing: null, window: windowOf([], range), rows: records.map(({ body }) => body as CatalogEvent) };
}

async function sessionsAnswer({ feed }: AnswerFrom, { facets }: Question): Promise<RowsAnswer<SessionRow>> {
  if (!feed.sessions) return { missing: whyMissing('sessions', feed) };
  return { missing: null, window: NOW, rows: matching(await feed.sessions.read(), facets) };
}

async function clientsAnswer(from: AnswerFrom, { range, facets }: Question): Promise<RowsAnswer<ClientRow>> {
  const { store, feed } = from;
  const rows = await new History(store).clients(range, filterOf(facets, OF_CLIENTS));
  const answered = await answer(rows, from);
  if (answered.missing !== null || answered.rows.length > 0) return answered;
  if (!(await isUncollected(store, range, facets))) return answered;
  const now = feed.signals.has('clients') ? 'It is collected now.' : whyMissing('clients', feed);
  return { missing: `${NOT_COLLECTED} ${now}` };
}

async function locksAnswer(from: AnswerFrom, { range, facets }: Question): Promise<RowsAnswer<LockRow>> {
  const { feed, history } = from;
  const { rows, window, isCut } = await locksBetween({ store: history, feed }, range, facets);
  const watched = await watchedOf(from, range, facets);
  if (rows.length === 0 && watched.missing !== undefined) return watched;
  if (rows.length === 0 && !feed.locks) return { missing: whyNoRecord('locks', feed, watched.dropped) };
  const seen = seenIn(windowOf(rows, window), range, watched);
  const wanted = rows.filter((row) => isOfLock(row, facets)).map((row) => ({ ...row, window_us: seen.window_us }));
  return { missing: null, window: isCut ? { ...seen, coverage: 'partial' } : seen, rows: wanted };
}

async function executionsAnswer(from: AnswerFrom, { range, facets }: Question): Promise<RowsAnswer<ExecutionRow>> {
  const { feed, history } = from;
  const rows = await executionsBetween({ store: history, feed }, range, facets);
  const watched = await watchedOf(from, range, facets);
  if (rows.length === 0 && watched.missing !== undefined) return watched;
  if (rows.length === 0 && !feed.executions) return { missing: whyNoRecord('executions', feed, watched.dropped) };
  return { missing: null, window: seenIn(windowOf(rows, range), range, watched), rows: matching(rows, facets) };
}

/** Of records nothing says whether there were none or nobody watched: what was stored beside them does. */
async function watchedOf({ store, history }: AnswerFrom, range: TimeRange, facets: Facets) {
  const { covered } = await store.sum({ kind: 'load', range, where: filterOf(facets, ['host']), by: ['host'] });
  const hosts = [...covered.values()];
  const us = Math.max(0, ...hosts.map(({ observedUs }) => observedUs));
  const dropped = hosts.reduce((sum, host) => sum + host.dropped, 0);
  if (us > 0) return { us, dropped, missing: undefined };
  return { us, dropped, missing: nothingWatched((await (history ?? store).state()).oldestMs) };
}

/** As much of the range as was watched: a wait's share of it is the average. What was lost is lost, though there is no row to say so. */
function seenIn(
  window: Window,
  { fromMs, toMs }: TimeRange,
  watched: { readonly us: number; readonly dropped: number },
): Window {
  const askedUs = Math.round((toMs - fromMs) * 1000);
  if (watched.us === 0) return window;
  const dropped = Math.max(window.dropped, watched.dropped);
  const isWhole = dropped === 0 && watched.us >= askedUs * NEARLY_ALL;
  return {
    ...window,
    dropped,
    window_us: Math.min(watched.us, askedUs),
    coverage: window.coverage === 'exact' && !isWhole ? 'partial' : window.coverage,
  };
}

/** What is shorter by the time between two readings is whole. */
const NEARLY_ALL = 0.95;

const NO_PROFILE = 'No profile was taken in this window: take one now.';

async function profileAnswer(
  { feed, history }: AnswerFrom,
  { range, facets, params }: Question,
): Promise<RowsAnswer<ProfileRow>> {
  const kind = params.get('kind') === 'off_cpu' ? 'off_cpu' : 'on_cpu';
  const taken = await profilesBetween({ store: history, feed }, range, kind, facets);
  if (taken.length === 0) return { missing: feed.profiler ? NO_PROFILE : whyMissing('profile', feed) };
  const rows = taken.flatMap((one) => one.rows);
  const window = windowOf(rows, { fromMs: taken[0]!.fromMs, toMs: taken.at(-1)!.toMs });
  return { missing: null, window: { ...window, coverage: 'sampled' }, rows: matching(rows, withoutRunning(facets)) };
}

/** Of stacks on a CPU all are of that kind, whatever the process says that it waits for. */
function withoutRunning({ wait_event_type: type, wait_event, ...facets }: Facets): Facets {
  if (type === undefined || RUNNING_NAMES.has(type)) return facets;
  return { ...facets, wait_event_type: type, ...(wait_event !== undefined && { wait_event }) };
}

/** Of the last minutes: between the two readings nearest to the ends of the range. */
function readingsAnswer(
  kind: 'io' | 'commits',
  feed: Feed,
  { range, facets }: Question,
): RowsAnswer<RowsByKind['io' | 'commits']> {
  if (!feed.readings || (kind === 'io' && !feed.signals.has('io'))) return { missing: whyMissing(kind, feed) };
  const readings = feed.readings.between(range);
  if (!readings) return { missing: TOO_EARLY };
  const [before, after] = readings;
  const window = windowBetween(before.totals, after.totals);
  const rows: readonly RowsByKind['io' | 'commits'][] =
    kind === 'io'
      ? new IoRows(before).advance(after).map((row) => named(row, feed))
      : new CommitRows(before.totals).advance(after.totals);
  return { missing: null, window, rows: matching(rows, facets) };
}

function named(row: IoRow, { catalogs }: Feed): IoRow {
  if (!catalogs || row.kind !== 'file' || !row.relation) return row;
  const { database_oid, filenode } = row.relation;
  return { ...row, relation_name: catalogs.nameOfFile(row.cluster, database_oid, filenode) };
}

const OF_STATEMENTS = ['host', 'cluster', 'database', 'user', 'fingerprint'] as const;

async function pastAnswer(kind: 'io' | 'commits', from: AnswerFrom, { range, facets }: Question) {
  const history = new History(from.store);
  const [queries, doers] = [filterOf(facets, OF_STATEMENTS), filterOf(facets, [...OF_STATEMENTS, 'backend_type'])];
  if (kind === 'commits') {
    const found = await history.commits(range, { queries, waits: doers });
    return answer({ ...found, rows: matching(found.rows, facets) }, from);
  }
  const isOfDoer = Object.keys(doers).some((name) => name !== 'host');
  const found = await history.io(range, { doers, queries, others: filterOf(facets, ['host']) });
  const rows = found.rows.filter(({ kind }) => kind !== 'other' || !isOfDoer);
  const answered = await answer({ ...found, rows: matching(rows, facets) }, from);
  if (answered.missing !== null || found.isCollected) return answered;
  const now = from.feed.signals.has('io') ? 'It is collected now.' : whyMissing('io', from.feed);
  return { missing: `Nothing was collected of it in this window. ${now}` };
}

/** Rows that have such a field must have this value. */
export function matching<Row extends object>(rows: readonly Row[], facets: Facets): Row[] {
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

/** Those with the most time, as many as are asked for; with a wait as facet, of the queries that waited so. */
async function queriesAnswer(from: AnswerFrom, question: Question): Promise<RowsAnswer<QueryRow>> {
  const { range, facets } = question;
  const { summed, window, heads, rowsOf } = await new History(from.store).sumQueries(
    range,
    filterOf(facets, OF_STATEMENTS),
  );
  const watched = await answer({ ...window, rows: heads }, from);
  if (watched.missing !== null) return watched;
  const isWanted = await waitedSo(from, question);
  const wanted = summed.samples.filter(isWanted).sort((a, b) => busyOf(b) - busyOf(a));
  const most = numberOf(question, 'top', MOST_ROWS, MOST_ROWS);
  const rows = await rowsOf(wanted.slice(0, most));
  return { ...watched, rows, ...(rows.length < wanted.length && { total: wanted.length }) };
}

async function waitedSo(from: AnswerFrom, question: Question): Promise<(sample: Sample) => boolean> {
  const { wait_event_type: type, wait_event: event } = question.facets;
  if (type === undefined && event === undefined) return () => true;
  const { mix } = await mixAnswer(from.store, question);
  return ({ series }) =>
    Object.values(mix[series[identityAt('queries', 'fingerprint')] ?? ''] ?? {}).some((us) => us > 0);
}

const MOST_ROWS = 1_000_000;

/** Of requests of others than PostgreSQL nothing is known but how many they were. */
type Measured = Pick<Window, 'window_us'> & Partial<Window>;

/** Nothing observed is not the same as nothing done. */
async function answer<Row extends Measured>(
  { from, observed_us: window_us, rows }: HistoryRows<Row>,
  { store, history }: AnswerFrom,
): Promise<RowsAnswer<Row>> {
  if (window_us === 0) return { missing: nothingWatched((await (history ?? store).state()).oldestMs) };
  const order = ['exact', 'partial', 'sampled'] as const;
  const coverage = order[Math.max(0, ...rows.map((row) => order.indexOf(row.coverage ?? 'exact')))]!;
  const dropped = Math.max(0, ...rows.map((row) => row.dropped ?? 0));
  return { missing: null, window: { window_start: from, window_us, coverage, dropped }, rows };
}

const nothingWatched = (oldestMs: number | null): string =>
  oldestMs === null
    ? 'Nothing was watched yet.'
    : `Nothing was watched in this window: what is known begins at ${rfc3339(oldestMs).slice(0, 19).replace('T', ' ')} UTC.`;
