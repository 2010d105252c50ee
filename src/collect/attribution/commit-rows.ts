/** Rows of `pebble wal`, as docs/json.md describes them: what making changes durable costs each statement and cluster. */
import { Windows } from '../../aggregate/index.ts';
import type { CommitRow, CommitWaits, DoerFields, RowHead, WalRow } from '../../api/index.ts';
import type { WatchedCluster } from './attribution.ts';
import { doerFields, doerKey } from './doer.ts';
import { eventOf } from './events.ts';
import { type Doer, QUERY_COUNTERS, QUERY_RULES, type QueryCounter, type Totals, WAIT_RULES } from './totals.ts';
import { countersOf, microseconds, rowHead, windowBetween } from './window.ts';

type Part = keyof CommitWaits;

/** Names of 13 to 18 (src/backend/utils/activity/wait_event_names.txt; before 13.x "wal_insert" and its like). */
const PARTS: Readonly<Record<string, Part>> = {
  'LWLock WALInsert': 'insert_us',
  'LWLock WALBufMapping': 'insert_us',
  'LWLock WALWrite': 'group_us',
  'IO WALWrite': 'write_us',
  'IO WalWrite': 'write_us',
  'IO WALInitWrite': 'write_us',
  'IO WalInitWrite': 'write_us',
  'IO WALInitSync': 'write_us',
  'IO WalInitSync': 'write_us',
  'IO WALSync': 'sync_us',
  'IO WalSync': 'sync_us',
  'IPC SyncRep': 'replication_us',
};
const NOTHING: CommitWaits = { insert_us: 0, write_us: 0, sync_us: 0, group_us: 0, replication_us: 0 };
/** Their abort records are WAL, too. */
const ROLLBACK = /^\s*(?:rollback|abort)\b(?!\s+(?:to|prepared))/i;

/** What a session's statement or a background process did: times in ns. */
export interface CommitDoing {
  readonly head: RowHead;
  readonly doer: DoerFields;
  waits: CommitWaits;
  /** Waits for fsync of WAL. */
  syncs: number;
  counts: CommitCounts | undefined;
}

export type CommitCounts = Readonly<Record<'commits' | 'wal_records' | 'wal_fpi' | 'wal_bytes', number>>;

export const newCommitDoing = (head: RowHead, doer: DoerFields): CommitDoing => ({
  head,
  doer,
  waits: NOTHING,
  syncs: 0,
  counts: undefined,
});

/** Waits that have nothing to do with commits are left out. */
export function addCommitWait(doing: CommitDoing, event: string, ns: number, count: number): void {
  const part = PARTS[event];
  if (part === undefined) return;
  doing.waits = { ...doing.waits, [part]: doing.waits[part] + ns };
  if (part === 'sync_us') doing.syncs += count;
}

export const isCommitWait = (event: string): boolean => PARTS[event] !== undefined;

export class CommitRows {
  readonly #queries: Windows = new Windows(QUERY_RULES);
  readonly #waits: Windows = new Windows(WAIT_RULES);
  #last: Totals;

  constructor(first: Totals) {
    this.#queries.advance(countersOf(first.queries));
    this.#waits.advance(countersOf(first.waits));
    this.#last = first;
  }

  /** Clusters first, then statements; those that waited longest before others. */
  advance(now: Totals): (WalRow | CommitRow)[] {
    const last = this.#last;
    const window = windowBetween(last, now);
    this.#last = now;
    const doings = new Map<string, CommitDoing>();
    const doingOf = (doer: Doer): CommitDoing => {
      const key = doerKey(doer);
      const doing = doings.get(key) ?? newCommitDoing(rowHead(doer, window, []), doerFields(doer));
      doings.set(key, doing);
      return doing;
    };
    for (const [key, growth] of this.#queries.advance(countersOf(now.queries))) {
      doingOf(now.queries.get(key)!).counts = countsOf(growth);
    }
    const clusters = new Map<string, WatchedCluster>();
    for (const [key, [ns = 0, count = 0]] of this.#waits.advance(countersOf(now.waits))) {
      const totals = now.waits.get(key)!;
      clusters.set(totals.cluster.pgdata, totals.cluster);
      const { type, event } = eventOf(totals.cluster.major, totals.event);
      if (isCommitWait(`${type} ${event}`)) addCommitWait(doingOf(totals), `${type} ${event}`, ns, count);
    }
    return commitRows([...doings.values()], {
      namelessNsOf: (cluster) => namelessNs(clusters.get(cluster)?.major, last, now),
      countsSyncs: (cluster) => clusters.get(cluster)?.countsWalSyncs ?? true,
    });
  }
}

/** What is known of a cluster, by its directory. */
interface KnownOfCluster {
  /** Waits of which it is not known whose they were. */
  readonly namelessNsOf: (cluster: string) => number;
  /** Whether waits for fsync of WAL are its calls. */
  readonly countsSyncs: (cluster: string) => boolean;
}

export function commitRows(all: readonly CommitDoing[], known: KnownOfCluster): (WalRow | CommitRow)[] {
  const byCluster = Map.groupBy(all, ({ head }) => JSON.stringify([head.cluster, head.system_identifier]));
  const statements = all.filter((doing) => commitsOf(doing) > 0 || nsOf(doing.waits) > 0);
  return [
    ...Array.from(byCluster.values(), (own) => walRow(own, known)),
    ...statements.sort((a, b) => nsOf(b.waits) - nsOf(a.waits)).map(commitRow),
  ];
}

function countsOf(growth: Float64Array): CommitCounts {
  const count = (name: QueryCounter): number => growth[QUERY_COUNTERS.indexOf(name)]!;
  return {
    commits: count('commits'),
    wal_records: count('wal_records'),
    wal_fpi: count('wal_fpi'),
    wal_bytes: count('wal_bytes'),
  };
}

const nsOf = (waits: CommitWaits): number => Object.values(waits).reduce((sum, ns) => sum + ns, 0);

const commitsOf = ({ doer, counts }: CommitDoing): number =>
  counts === undefined || ROLLBACK.test(doer.query ?? '') ? 0 : counts.commits;

const inMicroseconds = (waits: CommitWaits): CommitWaits => ({
  insert_us: microseconds(waits.insert_us),
  write_us: microseconds(waits.write_us),
  sync_us: microseconds(waits.sync_us),
  group_us: microseconds(waits.group_us),
  replication_us: microseconds(waits.replication_us),
});

const commitRow = (doing: CommitDoing): CommitRow => ({
  ...doing.head,
  ...doing.doer,
  kind: 'statement',
  commits: commitsOf(doing),
  wal_records: doing.counts?.wal_records ?? 0,
  wal_fpi: doing.counts?.wal_fpi ?? 0,
  wal_bytes: doing.counts?.wal_bytes ?? 0,
  ...inMicroseconds(doing.waits),
});

/** The sessions' waits; background processes wait for nobody. */
function walRow(own: readonly CommitDoing[], { namelessNsOf, countsSyncs }: KnownOfCluster): WalRow {
  const { head } = own[0]!;
  const nameless = namelessNsOf(head.cluster);
  const sessions = own.filter(({ doer }) => doer.fingerprint !== null);
  const commits = own.reduce((sum, doing) => sum + commitsOf(doing), 0);
  const syncs = own.reduce((sum, doing) => sum + doing.syncs, 0);
  const total = sessions.reduce<CommitWaits>((sum, { waits }) => addWaits(sum, waits), NOTHING);
  const known = sessions.filter(({ doer }) => doer.query !== null);
  const attributed = known.reduce((sum, { waits }) => sum + nsOf(waits), 0);
  return {
    ...head,
    inexact: countsSyncs(head.cluster) ? [] : ['syncs', 'group_size'],
    kind: 'cluster',
    commits,
    ...inMicroseconds(total),
    syncs,
    group_size: syncs > 0 ? commits / syncs : null,
    attributed: nsOf(total) + nameless > 0 ? attributed / (nsOf(total) + nameless) : null,
  };
}

/** Which cluster's they were is not known either: each one's share suffers. */
function namelessNs(major: number | undefined, last: Totals, now: Totals): number {
  if (major === undefined) return 0;
  let sum = 0;
  for (const [number, ns] of now.namelessWaits) {
    const { type, event } = eventOf(major, number);
    if (isCommitWait(`${type} ${event}`)) sum += ns - (last.namelessWaits.get(number) ?? 0);
  }
  return sum;
}

const addWaits = (a: CommitWaits, b: CommitWaits): CommitWaits => ({
  insert_us: a.insert_us + b.insert_us,
  write_us: a.write_us + b.write_us,
  sync_us: a.sync_us + b.sync_us,
  group_us: a.group_us + b.group_us,
  replication_us: a.replication_us + b.replication_us,
});
