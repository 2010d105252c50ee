/** What a query's figures say, in sentences: what dominates, by how much, and what usually helps. Pure. */
import type { AnyQueryRow, AnyWaitRow } from '../../../api/index.ts';
import { formatBytes, formatCount, formatMicroseconds, formatRate, formatShare } from '../../../base/units.ts';

type Mix = Readonly<Record<string, number>>;

/** A part of the time worth a sentence. */
const WORTH = 0.15;
/** So little for each execution, and so many of them, that the number is the point. */
const CHEAP_US = 2000;
const OFTEN_PER_SECOND = 100;
const PAGE_BYTES = 8192;
/** The clock that phases are told by; so many ticks are good for a third. */
const TICK_US = 10_101;
const ENOUGH_TICKS = 30;
const PLANS_MUCH = 0.3;

/** Kinds of waiting that have one cause and one cure, by type and event (PostgreSQL's manual, "Wait Events"). */
interface Cause {
  readonly covers: RegExp;
  readonly words: string;
  readonly says: (share: string, event: string) => string;
}

const CAUSES: readonly Cause[] = [
  {
    covers: /^Lock:(transactionid|tuple)$/,
    words: 'waiting for rows that others have changed',
    says: (share, event) =>
      `Lock contention: ${share} of its time it waits for rows that another transaction has changed and not yet committed (${event}). Shorter transactions at the blocker help; a faster query does not.`,
  },
  {
    covers: /^Lock:/,
    words: 'waiting for locks',
    says: (share, event) =>
      `Lock contention: ${share} of its time it waits for a lock (${event}) that another session holds.`,
  },
  {
    covers: /^(IO:(WAL|Wal).*|LWLock:(WALWrite|WALInsert|WALBufMapping)|IPC:SyncRep)$/,
    words: 'waiting for the log',
    says: (share, event) =>
      `Commit-bound: ${share} of its time it waits until the write-ahead log is on disk (${event}). Fewer and larger transactions help, or a faster device for the log.`,
  },
  {
    covers: /^IO:BufFile/,
    words: 'waiting for temporary files',
    says: (share, event) =>
      `Temporary files: ${share} of its time it reads and writes them (${event}). More work_mem helps.`,
  },
  {
    covers: /^IO:DataFile/,
    words: 'waiting for table and index files',
    says: (share, event) =>
      `Disk-bound: ${share} of its time it waits for table or index files (${event}). An index, or more memory for the cache, helps.`,
  },
  {
    covers: /^IO:/,
    words: 'waiting for I/O',
    says: (share, event) => `${share} of its time it waits for I/O (${event}).`,
  },
  {
    covers: /^CPU:/,
    words: 'on a CPU',
    says: (share) =>
      `${share} of its time it computes. A plan that touches fewer rows helps; its flame graph says where.`,
  },
  {
    covers: /^Run queue:/,
    words: 'waiting for a CPU',
    says: (share) =>
      `${share} of its time it is ready to run and no CPU is free: this host has too few, or others keep them busy.`,
  },
  {
    covers: /^LWLock:/,
    words: 'waiting for internal locks',
    says: (share, event) =>
      `${share} of its time it waits for PostgreSQL's internal lock ${event}: too many sessions do the same at once.`,
  },
  {
    covers: /^Client:/,
    words: 'waiting for the client',
    says: (share, event) =>
      `${share} of its time the server waits for the client (${event}): look at the application or the network.`,
  },
  {
    covers: /^Timeout:/,
    words: 'asleep on purpose',
    says: (share, event) => `${share} of its time it sleeps on purpose (${event}).`,
  },
  { covers: /./, words: 'waiting otherwise', says: (share, event) => `${share} of its time it waits for ${event}.` },
];

interface Sum {
  readonly cause: Cause;
  us: number;
  /** The event with the most of it. */
  event: string;
  most: number;
}

/** `mix`: all its time by kind; `waits`: the same by event, without what is no wait. */
export function storyOf(rows: readonly AnyQueryRow[], mix: Mix, waits: readonly AnyWaitRow[]): string[] {
  const total = Object.values(mix).reduce((sum, us) => sum + us, 0);
  if (total === 0) return ['It took no time that could be measured.'];
  const sums = causesOf(mix, waits);
  return [
    shareSentence(rows, sums, total),
    ...sums
      .filter(({ us }) => us / total >= WORTH)
      .map(({ cause, us, event }) => cause.says(formatShare(us / total), event)),
    ...planSentence(rows),
    ...oftenSentence(rows),
    ...errorSentence(rows),
    ...spillSentence(rows),
    ...readSentence(rows),
  ];
}

function causesOf(mix: Mix, waits: readonly AnyWaitRow[]): Sum[] {
  const sums = new Map<Cause, Sum>();
  const add = (name: string, event: string, us: number): void => {
    const cause = CAUSES.find(({ covers }) => covers.test(name))!;
    const sum = sums.get(cause) ?? { cause, us: 0, event, most: 0 };
    sum.us += us;
    if (us > sum.most) Object.assign(sum, { event, most: us });
    sums.set(cause, sum);
  };
  for (const running of ['CPU', 'Run queue']) add(`${running}:`, running, mix[running] ?? 0);
  for (const { wait_event_type: type, wait_event: event, total_us } of waits) add(`${type}:${event}`, event, total_us);
  return [...sums.values()].sort((a, b) => b.us - a.us);
}

/** What samples cannot tell adds nothing: a sentence needs more. */
const sum = (rows: readonly AnyQueryRow[], value: (row: AnyQueryRow) => number | null): number =>
  rows.reduce((all, row) => all + (value(row) ?? 0), 0);

function shareSentence(rows: readonly AnyQueryRow[], sums: readonly Sum[], total: number): string {
  const parts = sums.slice(0, 3).filter(({ us }) => us / total >= 0.01);
  const list = parts.map(({ cause, us }) => `${formatShare(us / total)} ${cause.words}`).join(', ');
  return `It keeps ${formatRate(total / rows[0]!.window_us)} sessions busy: ${list}.`;
}

type Phases = NonNullable<AnyQueryRow['phases_us']>;

/** Of the time on a CPU; null where the clock has not met it. */
export function prepareShare(phases: readonly Phases[]): number | null {
  const sumOf = (name: keyof Phases): number => phases.reduce((all, one) => all + one[name], 0);
  const all = sumOf('prepare') + sumOf('execute') + sumOf('commit');
  return all === 0 ? null : sumOf('prepare') / all;
}

function planSentence(rows: readonly AnyQueryRow[]): string[] {
  const phases = rows.flatMap(({ phases_us }) => phases_us ?? []);
  const ticks = phases.reduce((all, one) => all + one.prepare, 0) / TICK_US;
  const share = prepareShare(phases);
  if (share === null || share < PLANS_MUCH || ticks < ENOUGH_TICKS) return [];
  return [
    `Planning: about ${formatShare(share)} of its CPU time is parsing and planning. A prepared statement helps, or fewer tables and partitions in it.`,
  ];
}

function oftenSentence(rows: readonly AnyQueryRow[]): string[] {
  const rate = (sum(rows, (row) => row.calls) * 1e6) / rows[0]!.window_us;
  const each =
    sum(rows, (row) => row.latency_us.total) /
    Math.max(
      1,
      sum(rows, (row) => row.requests),
    );
  if (rate < OFTEN_PER_SECOND || each > CHEAP_US) return [];
  return [
    `Hot: it is cheap, ${formatMicroseconds(each)} each, but runs ${formatRate(rate)} times a second. Calling it less often helps: a cache, or one call for many rows.`,
  ];
}

function errorSentence(rows: readonly AnyQueryRow[]): string[] {
  const [errors, calls] = [sum(rows, (row) => row.errors), sum(rows, (row) => row.calls)];
  return errors === 0
    ? []
    : [
        `Failing: ${formatShare(errors / Math.max(1, calls))} of its executions failed (${formatCount(errors)}${codesOf(rows)}).`,
      ];
}

/** By SQLSTATE, the most first; nothing where that is not known. */
function codesOf(rows: readonly AnyQueryRow[]): string {
  const sums = new Map<string, number>();
  for (const { sqlstates } of rows) {
    for (const [code, count] of Object.entries(sqlstates ?? {})) sums.set(code, (sums.get(code) ?? 0) + count);
  }
  const list = [...sums].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code}: ${formatCount(count)}`);
  return list.length === 0 ? '' : `; by SQLSTATE ${list.join(', ')}`;
}

function spillSentence(rows: readonly AnyQueryRow[]): string[] {
  const bytes = PAGE_BYTES * sum(rows, (row) => row.temp_blks_written);
  return bytes === 0 ? [] : [`Spilling: it does not fit work_mem and wrote ${formatBytes(bytes)} of temporary files.`];
}

function readSentence(rows: readonly AnyQueryRow[]): string[] {
  const [read, hit] = [sum(rows, (row) => row.shared_blks_read), sum(rows, (row) => row.shared_blks_hit)];
  const calls = sum(rows, (row) => row.calls);
  if (read < 100 || read < hit || calls === 0) return [];
  return [
    `Cold: most blocks that it needs are not in shared buffers: each execution reads ${formatBytes((PAGE_BYTES * read) / calls)}, as a sequential scan of a large table does.`,
  ];
}
