/** Lock waits as trees: who blocks others at the root, who waits for him below, and for those again. Pure. */
import type { LockRow } from '../../api/index.ts';

/** One session, or several that wait the same way. */
export interface Blocked {
  readonly pid: number;
  readonly backendType: string | null;
  readonly user: string | null;
  readonly application: string | null;
  readonly state: string | null;
  readonly query: string | null;
  readonly fingerprint: string | null;
  /** What it executes inside of its statement; null where nothing is. */
  readonly inner: { readonly query: string | null } | null;
  /** How it waits for the one above; none at the root. */
  readonly wait: LockRow | undefined;
  readonly waiters: Blocked[];
  /** Of all below, together. */
  waitUs: number;
  readonly sessions: Set<number>;
}

/** The costliest root first. A deadlock has no root: it is shown from the one who waited longest. */
export function treesOf(rows: readonly LockRow[]): Blocked[] {
  const known = merged(rows.filter((row) => row.blocker_pid !== null));
  const byBlocker = new Map<string, LockRow[]>();
  for (const row of known) {
    const key = keyOf(row, row.blocker_pid!);
    byBlocker.set(key, [...(byBlocker.get(key) ?? []), row]);
  }
  const waiters = new Set(known.map((row) => keyOf(row, row.waiter_pid)));
  const roots = [...byBlocker].filter(([key]) => !waiters.has(key));
  const seen = new Set<string>();
  const trees = roots.map(([key, own]) => rootOf(key, own, byBlocker, seen));
  // Chains that lead back to themselves, within this window or really.
  for (const [key, own] of byBlocker) if (!seen.has(key)) trees.push(rootOf(key, own, byBlocker, seen));
  return trees.sort((a, b) => b.waitUs - a.waitUs);
}

/** A session that waited for the same one again and again, for this lock or the next, waited once in a picture. */
function merged(rows: readonly LockRow[]): LockRow[] {
  const sums = new Map<string, LockRow>();
  for (const row of rows.toSorted((a, b) => b.wait_us - a.wait_us)) {
    const { cluster, waiter_pid, waiter_fingerprint, waiter_inner_fingerprint: inner, blocker_pid, mode } = row;
    const { lock_type, relation } = row;
    const key = JSON.stringify([
      cluster,
      waiter_pid,
      waiter_fingerprint,
      inner,
      blocker_pid,
      lock_type,
      relation,
      mode,
    ]);
    const sum = sums.get(key);
    sums.set(key, sum ? together(sum, row) : row);
  }
  return [...sums.values()];
}

const together = (sum: LockRow, row: LockRow): LockRow => ({
  ...sum,
  count: sum.count + row.count,
  wait_us: sum.wait_us + row.wait_us,
  max_us: Math.max(sum.max_us, row.max_us),
  waiting: sum.waiting || row.waiting,
});

const keyOf = ({ cluster }: LockRow, pid: number): string => `${cluster} ${pid}`;

/** Rows of an older history do not have them. */
const innerOf = (fingerprint: string | null | undefined, query: string | null): Blocked['inner'] =>
  fingerprint == null ? null : { query };

function rootOf(
  key: string,
  own: readonly LockRow[],
  byBlocker: ReadonlyMap<string, LockRow[]>,
  seen: Set<string>,
): Blocked {
  const [first] = own.toSorted((a, b) => b.wait_us - a.wait_us) as [LockRow];
  const root: Blocked = {
    pid: first.blocker_pid!,
    backendType: first.blocker_backend_type,
    user: first.blocker_user,
    application: first.blocker_application,
    state: first.blocker_state,
    query: first.blocker_query,
    fingerprint: first.blocker_fingerprint,
    inner: innerOf(first.blocker_inner_fingerprint, first.blocker_inner_query),
    wait: undefined,
    waiters: [],
    waitUs: 0,
    sessions: new Set(),
  };
  addWaiters(root, key, byBlocker, seen);
  return root;
}

function addWaiters(node: Blocked, key: string, byBlocker: ReadonlyMap<string, LockRow[]>, seen: Set<string>): void {
  if (seen.has(key)) return;
  seen.add(key);
  for (const row of (byBlocker.get(key) ?? []).toSorted((a, b) => b.wait_us - a.wait_us)) {
    const child: Blocked = {
      pid: row.waiter_pid,
      backendType: row.waiter_backend_type,
      user: row.waiter_user,
      application: row.waiter_application,
      state: row.waiting ? 'waiting' : 'waited',
      query: row.waiter_query,
      fingerprint: row.waiter_fingerprint,
      inner: innerOf(row.waiter_inner_fingerprint, row.waiter_inner_query),
      wait: row,
      waiters: [],
      waitUs: 0,
      sessions: new Set(),
    };
    addWaiters(child, keyOf(row, row.waiter_pid), byBlocker, seen);
    node.waiters.push(child);
    node.waitUs += row.wait_us + child.waitUs;
    for (const pid of [child.pid, ...child.sessions]) node.sessions.add(pid);
  }
}

/** Blockers by application: a convoy's sessions take turns, and each of them blocks for the same reason. */
export interface BlockerSum {
  readonly application: string | null;
  readonly user: string | null;
  readonly pids: Set<number>;
  /** Time kept waiting, by the blocker's state, by what it executed, and by what waits. */
  readonly states: Map<string, number>;
  readonly queries: Map<string, Statement>;
  readonly waiters: Map<string, Statement>;
  count: number;
  waitUs: number;
  maxUs: number;
}

export interface Statement {
  readonly query: string | null;
  readonly fingerprint: string | null;
  us: number;
}

export function blockersOf(rows: readonly LockRow[]): BlockerSum[] {
  const sums = new Map<string, BlockerSum>();
  for (const row of rows) {
    if (row.blocker_pid === null) continue;
    const key = JSON.stringify([row.cluster, row.blocker_application ?? row.blocker_user]);
    const sum = sums.get(key) ?? newSum(row);
    sums.set(key, sum);
    sum.pids.add(row.blocker_pid);
    sum.states.set(
      row.blocker_state ?? 'not known',
      (sum.states.get(row.blocker_state ?? 'not known') ?? 0) + row.wait_us,
    );
    addStatement(sum.queries, row.blocker_fingerprint, row.blocker_query, row.wait_us);
    addStatement(sum.waiters, row.waiter_fingerprint, row.waiter_query, row.wait_us);
    sum.count += row.count;
    sum.waitUs += row.wait_us;
    sum.maxUs = Math.max(sum.maxUs, row.max_us);
  }
  return [...sums.values()].sort((a, b) => b.waitUs - a.waitUs);
}

const newSum = (row: LockRow): BlockerSum => ({
  application: row.blocker_application,
  user: row.blocker_user,
  pids: new Set(),
  states: new Map(),
  queries: new Map(),
  waiters: new Map(),
  count: 0,
  waitUs: 0,
  maxUs: 0,
});

function addStatement(
  into: Map<string, Statement>,
  fingerprint: string | null,
  query: string | null,
  us: number,
): void {
  const known = into.get(fingerprint ?? '') ?? { query, fingerprint, us: 0 };
  known.us += us;
  into.set(fingerprint ?? '', known);
}

/** The statement with the most of it, one whose text is known before others. */
export function mainStatement(statements: ReadonlyMap<string, Statement>): Statement {
  const [first] = [...statements.values()].sort(
    (a, b) => Number(b.query !== null) - Number(a.query !== null) || b.us - a.us,
  );
  return first!;
}

export const mainState = ({ states }: BlockerSum): string => [...states].sort(([, a], [, b]) => b - a)[0]![0];

/** A lock held as long as this by a session that does nothing was forgotten; a convoy's are held much shorter. */
const FORGOTTEN_US = 1e6;
/** Waits on average: one slow turn of a convoy does not make it forgetful. */
const isForgotten = ({ pids, maxUs, waitUs, count }: BlockerSum): boolean =>
  maxUs >= FORGOTTEN_US && (pids.size === 1 || waitUs / Math.max(1, count) >= FORGOTTEN_US / 2);

/** What a blocker is, in words. */
export function blockerWords(sum: BlockerSum): string {
  const { pids, application, user } = sum;
  const state = mainState(sum);
  const known = application ?? user;
  const who = known ?? 'A session';
  if (state === 'prepared transaction') return 'A prepared transaction that nobody has finished';
  if (state.startsWith('idle in transaction') && isForgotten(sum)) {
    return `${who} (process ${[...pids].join(', ')}) is idle in transaction: it forgot to commit, or its application is busy elsewhere. It`;
  }
  if (pids.size === 1) return `${who} (process ${[...pids][0]})`;
  return `A convoy of ${pids.size} sessions${known === null ? '' : ` of ${known}`}, each holding the lock in turn,`;
}
