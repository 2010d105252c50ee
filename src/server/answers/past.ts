/** What is kept whole of the past, with what the last minutes know better: lock waits, slow executions, profiles. */
import { endOf, type Feed, lockWindowsOf, Profile, sumLocks, type Taken } from '../../agent/index.ts';
import type { ExecutionRow, ProfileRow } from '../../api/index.ts';
import { isMostlyIn, type RecordKind, type Store, type StoredRecord, type TimeRange } from '../../store/index.ts';
import type { Facets } from '../question.ts';

/** Of one kind, for one answer. */
const MOST_RECORDS = 20_000;

/** Where something of the past is asked for, and what knows of the last minutes. */
export interface PastSources {
  readonly store: Store | undefined;
  readonly feed: Pick<Feed, 'host' | 'locks' | 'executions' | 'profiler'>;
}

/** `isCut`: there were more than an answer holds; the earliest are left out. */
interface Kept {
  readonly records: readonly StoredRecord[];
  readonly isCut: boolean;
}

async function kept(
  store: Store | undefined,
  kind: RecordKind,
  range: TimeRange,
  { host, cluster }: Facets,
): Promise<Kept> {
  if (!store || range.fromMs >= range.toMs) return { records: [], isCut: false };
  const where = { ...(host !== undefined && { host }), ...(cluster !== undefined && { cluster }) };
  const records = await store.records({ kind, range, ...where, limit: MOST_RECORDS });
  return { records, isCut: records.length === MOST_RECORDS };
}

/** The longest of each minute, until the last minutes, of which all are known. */
export async function locksBetween({ store, feed }: PastSources, range: TimeRange, facets: Facets) {
  const liveFromMs = feed.locks ? feed.locks.oldestMs : Number.POSITIVE_INFINITY;
  const { records, isCut } = await kept(store, 'lock', before(range, liveFromMs), facets);
  const windows = lockWindowsOf(records).filter((window) => isMostlyIn(window, range) && window.fromMs < liveFromMs);
  const live = (feed.locks?.windows(range) ?? []).map((window) => ({ ...window, host: feed.host }));
  return { ...sumLocks([...windows, ...live], range), isCut };
}

const before = ({ fromMs, toMs }: TimeRange, ms: number): TimeRange => ({ fromMs, toMs: Math.min(toMs, ms) });

/** The slowest first. */
export async function executionsBetween(
  { store, feed }: PastSources,
  range: TimeRange,
  facets: Facets,
): Promise<ExecutionRow[]> {
  const liveFromMs = feed.executions?.oldestMs ?? Number.POSITIVE_INFINITY;
  const { records } = await kept(store, 'execution', before(range, liveFromMs), facets);
  const past = records
    .map(({ body }) => body as ExecutionRow)
    .filter((row) => endOf(row) >= range.fromMs && endOf(row) < Math.min(range.toMs, liveFromMs));
  return [...past, ...(feed.executions?.between(range) ?? [])].sort((a, b) => b.latency_us - a.latency_us);
}

/** Oldest first. Those in memory are in the store, too, or will soon be. */
export async function profilesBetween(
  { store, feed }: PastSources,
  range: TimeRange,
  kind: ProfileRow['kind'],
  facets: Facets,
): Promise<readonly Taken[]> {
  const live = feed.profiler?.between(range, kind) ?? [];
  const { records } = await kept(store, 'profile', range, facets);
  const past = records
    .map(
      ({ fromMs, toMs, body }): Taken => ({
        fromMs,
        toMs,
        kind: kindOf(body as Profile),
        rows: Profile.rowsOf(body as Profile),
      }),
    )
    .filter((one) => one.kind === kind && !live.some(({ fromMs }) => Math.round(fromMs) === one.fromMs));
  return [...past, ...live].sort((a, b) => a.fromMs - b.fromMs);
}

const kindOf = ({ rows }: Profile): ProfileRow['kind'] => rows[0]!.kind;
