/** Rows of `pebble locks`, as docs/json.md describes them: who waited for whom since the last reading. */
import type { LockRow, Window } from '../../../api/index.ts';
import { rfc3339 } from '../../../base/time.ts';
import { strongestMode } from '../../../postgres/memory/index.ts';
import type { ObservedCluster } from '../../observed.ts';
import { type Inner, inexactInner } from '../inner.ts';
import { microseconds, rowHead } from '../window.ts';
import type { LockSum, LockSums } from './lock-sums.ts';
import type { Blocker } from './lock-wait.ts';

/** Where lock waits come from: Attribution, or samples. */
export interface LockSource {
  /** Absent where they were not asked for. */
  readonly locks: { take(): LockSums } | undefined;
  /** Where not all of them are seen. */
  readonly coverage?: 'sampled';
  cluster(index: number): ObservedCluster | undefined;
  innerOf(id: bigint): Inner | undefined;
  /** Events lost so far. */
  lost(): number;
}

export class LockRows {
  readonly #source: LockSource;
  #wallMs = Date.now();
  #monotonicMs = performance.now();
  #lost: number;

  constructor(source: LockSource) {
    this.#source = source;
    this.#lost = source.lost();
    source.locks?.take();
  }

  /** The longest in sum first. */
  advance(): LockRow[] {
    const sums = this.#source.locks?.take();
    if (!sums) return [];
    const [wallMs, monotonicMs, lost] = [Date.now(), performance.now(), this.#source.lost()];
    const dropped = lost - this.#lost + sums.dropped;
    const window: Window = {
      window_start: rfc3339(this.#wallMs),
      window_us: Math.round((monotonicMs - this.#monotonicMs) * 1000),
      coverage: this.#source.coverage ?? (dropped > 0 ? 'partial' : 'exact'),
      dropped,
    };
    [this.#wallMs, this.#monotonicMs, this.#lost] = [wallMs, monotonicMs, lost];
    const rows = [...sums.values()].flatMap((sum) => {
      const cluster = this.#source.cluster(sum.cluster);
      return cluster && (sum.count > 0 || sum.ns > 0) ? [this.#toRow(sum, cluster, window)] : [];
    });
    return rows.sort((a, b) => b.wait_us - a.wait_us);
  }

  #toRow(sum: LockSum, cluster: ObservedCluster, window: Window): LockRow {
    const { wait, blocker } = sum;
    const { waiter, tag } = wait;
    const inner = typeof wait.inner === 'bigint' ? this.#source.innerOf(wait.inner) : wait.inner;
    return {
      ...rowHead({ cluster }, window, inexactFields(sum, inner)),
      database: waiter?.database ?? null,
      waiter_pid: wait.pid,
      waiter_backend_type: waiter?.backendType ?? null,
      waiter_user: waiter?.user ?? null,
      waiter_application: waiter?.application ?? null,
      waiter_query_id: waiter?.queryId ?? null,
      waiter_fingerprint: waiter?.fingerprint ?? null,
      waiter_query: waiter?.query ?? null,
      waiter_inner_query: inner?.query ?? null,
      waiter_inner_fingerprint: inner?.fingerprint ?? null,
      ...blockerFields(blocker),
      lock_type: tag.type,
      relation: tag.relation === null ? null : String(tag.relation),
      relation_name: null,
      transaction_id: tag.transaction === null ? null : String(tag.transaction),
      mode: wait.mode,
      blocker_mode: strongestMode(blocker?.held ?? 0) ?? null,
      waiting: sum.waiting,
      count: sum.count,
      wait_us: microseconds(sum.ns),
      max_us: microseconds(sum.max),
    };
  }
}

/** Without the kernel's measure times are those of our looks; a list of blockers that was not seen whole may miss some. */
const inexactFields = (
  { isMeasured, isComplete, isInsideKnown, blocker }: LockSum,
  inner: Inner | undefined,
): string[] => [
  ...(isMeasured ? [] : ['wait_us', 'max_us']),
  ...(isComplete ? [] : ['blocker_pid']),
  ...inexactInner(inner).map((field) => `waiter_${field}`),
  ...(isInsideKnown && !blocker?.inner?.truncated ? [] : ['blocker_inner_query']),
];

const blockerFields = ({ pid, session, inner, rootPid }: Partial<Blocker> = {}) => ({
  blocker_pid: pid ?? null,
  blocker_backend_type: session?.backendType ?? null,
  blocker_user: session?.user ?? null,
  blocker_application: session?.application ?? null,
  blocker_state: pid === 0 ? 'prepared transaction' : (session?.state ?? null),
  blocker_query_id: session?.queryId ?? null,
  blocker_fingerprint: session?.fingerprint ?? null,
  blocker_query: session?.query ?? null,
  blocker_inner_query: inner?.query ?? null,
  blocker_inner_fingerprint: inner?.fingerprint ?? null,
  root_pid: rootPid ?? null,
});
