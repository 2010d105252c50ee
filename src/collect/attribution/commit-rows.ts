/** Rows of `pebble wal`, as docs/json.md describes them: what making changes durable costs each statement and cluster. */
import { Windows } from '../../aggregate/index.ts';
import type { CommitRow, CommitWaits, WalRow } from '../../api/index.ts';
import type { WatchedCluster } from './attribution.ts';
import { doerFields } from './doer.ts';
import { eventOf } from './events.ts';
import {
  type Doer,
  doerKey,
  QUERY_COUNTERS,
  QUERY_RULES,
  type QueryCounter,
  type Totals,
  WAIT_RULES,
} from './totals.ts';
import { countersOf, microseconds, rowHead, type Window, windowBetween } from './window.ts';

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
const column = (name: QueryCounter): number => QUERY_COUNTERS.indexOf(name);
/** Their abort records are WAL, too. */
const ROLLBACK = /^\s*(?:rollback|abort)\b(?!\s+(?:to|prepared))/i;

interface Doing {
  readonly doer: Doer;
  waits: CommitWaits;
  growth: Float64Array | undefined;
}

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
    const doings = new Map<string, Doing>();
    const doingOf = (doer: Doer): Doing => {
      const key = doerKey(doer);
      const doing = doings.get(key) ?? { doer, waits: NOTHING, growth: undefined };
      doings.set(key, doing);
      return doing;
    };
    for (const [key, growth] of this.#queries.advance(countersOf(now.queries))) {
      doingOf(now.queries.get(key)!).growth = growth;
    }
    const syncs = new Map<WatchedCluster, number>();
    for (const [key, [ns = 0, count = 0]] of this.#waits.advance(countersOf(now.waits))) {
      const totals = now.waits.get(key)!;
      const { type, event } = eventOf(totals.cluster.major, totals.event);
      const part = PARTS[`${type} ${event}`];
      if (part === undefined) continue;
      const doing = doingOf(totals);
      doing.waits = { ...doing.waits, [part]: doing.waits[part] + ns };
      if (part === 'sync_us') syncs.set(totals.cluster, (syncs.get(totals.cluster) ?? 0) + count);
    }
    const all = [...doings.values()];
    const clusters = new Set(all.map(({ doer }) => doer.cluster));
    const statements = all.filter((doing) => commitsOf(doing) > 0 || nsOf(doing.waits) > 0);
    return [
      ...Array.from(clusters, (cluster) =>
        walRow(cluster, all, { syncs: syncs.get(cluster) ?? 0, namelessNs: namelessNs(cluster, last, now) }, window),
      ),
      ...statements.sort((a, b) => nsOf(b.waits) - nsOf(a.waits)).map((doing) => commitRow(doing, window)),
    ];
  }
}

const nsOf = (waits: CommitWaits): number => Object.values(waits).reduce((sum, ns) => sum + ns, 0);

const commitsOf = ({ doer, growth }: Doing): number =>
  growth === undefined || ROLLBACK.test(doer.identity.query ?? '') ? 0 : growth[column('commits')]!;

const inMicroseconds = (waits: CommitWaits): CommitWaits => ({
  insert_us: microseconds(waits.insert_us),
  write_us: microseconds(waits.write_us),
  sync_us: microseconds(waits.sync_us),
  group_us: microseconds(waits.group_us),
  replication_us: microseconds(waits.replication_us),
});

function commitRow(doing: Doing, window: Window): CommitRow {
  const count = (name: QueryCounter): number => doing.growth?.[column(name)] ?? 0;
  return {
    ...rowHead(doing.doer, window, []),
    ...doerFields(doing.doer),
    kind: 'statement',
    commits: commitsOf(doing),
    wal_records: count('wal_records'),
    wal_fpi: count('wal_fpi'),
    wal_bytes: count('wal_bytes'),
    ...inMicroseconds(doing.waits),
  };
}

/** The sessions' waits; background processes wait for nobody. */
function walRow(
  cluster: WatchedCluster,
  all: readonly Doing[],
  { syncs, namelessNs: nameless }: { readonly syncs: number; readonly namelessNs: number },
  window: Window,
): WalRow {
  const own = all.filter(({ doer }) => doer.cluster === cluster);
  const sessions = own.filter(({ doer }) => doer.identity.executes);
  const commits = own.reduce((sum, doing) => sum + commitsOf(doing), 0);
  const total = sessions.reduce<CommitWaits>((sum, { waits }) => addWaits(sum, waits), NOTHING);
  const known = sessions.filter(({ doer }) => doer.identity.query !== null);
  const attributed = known.reduce((sum, { waits }) => sum + nsOf(waits), 0);
  return {
    ...rowHead({ cluster }, window, []),
    kind: 'cluster',
    commits,
    ...inMicroseconds(total),
    syncs,
    group_size: syncs > 0 ? commits / syncs : null,
    attributed: nsOf(total) + nameless > 0 ? attributed / (nsOf(total) + nameless) : null,
  };
}

/** Which cluster's they were is not known either: each one's share suffers. */
function namelessNs({ major }: WatchedCluster, last: Totals, now: Totals): number {
  let sum = 0;
  for (const [number, ns] of now.namelessWaits) {
    const { type, event } = eventOf(major, number);
    if (PARTS[`${type} ${event}`] !== undefined) sum += ns - (last.namelessWaits.get(number) ?? 0);
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
