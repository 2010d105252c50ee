/** Rows of commits as those of now, from what a store keeps of statements and waits. */
import type { CommitRow, HistoryRows, WalRow } from '../api/index.ts';
import {
  addCommitWait,
  type CommitDoing,
  commitRows,
  isCommitWait,
  newCommitDoing,
} from '../collect/attribution/index.ts';
import { counterAt, type Filter, type Sample, type Store, type Summed, type TimeRange } from '../store/index.ts';
import { doerOf, headOf, reader, type Texts, textsOf, windowOf } from './past-rows.ts';

export interface CommitFilters {
  readonly queries: Filter;
  readonly waits: Filter;
}

/** Clusters first, then statements; those that waited longest before others. */
export async function pastCommits(
  store: Store,
  range: TimeRange,
  where: CommitFilters,
): Promise<HistoryRows<CommitRow | WalRow>> {
  const statements = await store.sum({ kind: 'queries', range, where: where.queries, counters: COUNTS });
  const waits = await store.sum({ kind: 'waits', range, where: where.waits, counters: WAITED });
  const texts: Texts = new Map([
    ...(await textsOf(store, 'queries', statements.samples)),
    ...(await textsOf(store, 'waits', waits.samples)),
  ]);
  const hosts = new Map<string, Map<string, CommitDoing>>();
  for (const sample of statements.samples) addCounts(hosts, sample, statements, texts);
  for (const sample of waits.samples) addWaits(hosts, sample, waits, texts);
  const rows = [...hosts].flatMap(([host, doings]) =>
    // Waits that are of nobody are not kept, nor is whether an fsync that sleeps more than once was seen to be one.
    commitRows([...doings.values()], { namelessNsOf: () => 0, countsSyncs: () => false }).map((row) => ({
      host,
      ...row,
    })),
  );
  return { ...windowOf(statements), rows: rows.sort((a, b) => rankOf(a) - rankOf(b)) };
}

const COUNTS = ['commits', 'wal_records', 'wal_fpi', 'wal_bytes'] as const;
const WAITED = ['total', 'count'] as const;

const rankOf = ({ kind }: CommitRow | WalRow): number => (kind === 'cluster' ? 0 : 1);

function addCounts(hosts: Hosts, sample: Sample, summed: Summed, texts: Texts): void {
  const count = (name: (typeof COUNTS)[number]): number => sample.values[counterAt('queries', name)]!;
  doingOf(hosts, reader('queries', sample), 'client backend', summed, texts).counts = {
    commits: count('commits'),
    wal_records: count('wal_records'),
    wal_fpi: count('wal_fpi'),
    wal_bytes: count('wal_bytes'),
  };
}

function addWaits(hosts: Hosts, sample: Sample, summed: Summed, texts: Texts): void {
  const part = reader('waits', sample);
  const event = `${part('wait_event_type')} ${part('wait_event')}`;
  if (!isCommitWait(event)) return;
  const doing = doingOf(hosts, part, part('backend_type'), summed, texts);
  const us = sample.values[counterAt('waits', 'total')]!;
  addCommitWait(doing, event, us * 1000, sample.values[counterAt('waits', 'count')]!);
}

type Hosts = Map<string, Map<string, CommitDoing>>;
type Part = Parameters<typeof doerOf>[0];

function doingOf(hosts: Hosts, part: Part, backendType: string | null, summed: Summed, texts: Texts): CommitDoing {
  const host = part('host') ?? '';
  const doings = hosts.get(host) ?? new Map<string, CommitDoing>();
  hosts.set(host, doings);
  const doer = doerOf(part, texts, part('fingerprint') === null ? backendType : 'client backend');
  const { database, user, backend_type, query_id, fingerprint } = doer;
  const key = JSON.stringify([part('cluster'), database, user, backend_type, query_id, fingerprint]);
  const head = { ...headOf(host, part('cluster'), part('system_identifier'), summed), inexact: ['attributed'] };
  const doing = doings.get(key) ?? newCommitDoing(head, doer);
  doings.set(key, doing);
  return doing;
}
