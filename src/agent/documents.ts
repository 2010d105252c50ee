/** What history keeps whole beside sums: once a minute the longest lock waits and the slowest executions, and every profile. */
import type { ExecutionRow, LockRow, ProfileRow } from '../api/index.ts';
import type { StoredRecord, TimeRange } from '../store/index.ts';
import { endOf } from './execution-history.ts';
import type { Feed } from './feed.ts';

const EVERY_MS = 60_000;
/** Of a minute, at most: a convoy has more pairs than anybody reads, and a row takes about a kilobyte. */
const MOST_LOCKS = 30;
/** The slowest of so many statements: one takes some kilobytes. */
const MOST_EXECUTIONS = 10;

export class Documents {
  readonly #host: string;
  readonly #feed: Pick<Feed, 'locks' | 'executions' | 'profiler'>;
  #dueMs = Date.now() + EVERY_MS;
  #locksFromMs: number;
  #executionsFromMs: number;

  constructor(host: string, feed: Pick<Feed, 'locks' | 'executions' | 'profiler'>) {
    this.#host = host;
    this.#feed = feed;
    this.#locksFromMs = feed.locks?.untilMs ?? 0;
    this.#executionsFromMs = feed.executions?.untilMs ?? 0;
  }

  /** What there is to keep since the last time; `isLast`: also of a minute that is not over. */
  take(nowMs: number, isLast: boolean): StoredRecord[] {
    const profiles = this.#profiles();
    if (!isLast && nowMs < this.#dueMs) return profiles;
    this.#dueMs = nowMs + EVERY_MS;
    return [...profiles, ...this.#locks(), ...this.#executions()];
  }

  #locks(): StoredRecord[] {
    const { locks } = this.#feed;
    if (!locks) return [];
    const { window, rows } = locks.between({ fromMs: this.#locksFromMs, toMs: locks.untilMs });
    this.#locksFromMs = locks.untilMs;
    return rows.slice(0, MOST_LOCKS).map((row, at) => this.#record('lock', row, window, at));
  }

  #executions(): StoredRecord[] {
    const { executions } = this.#feed;
    if (!executions) return [];
    const range = { fromMs: this.#executionsFromMs, toMs: executions.untilMs };
    this.#executionsFromMs = executions.untilMs;
    return executions
      .slowestOfEach(range, MOST_EXECUTIONS)
      .map((row) => this.#record('execution', row, { fromMs: Date.parse(row.started), toMs: endOf(row) }, row.pid));
  }

  #profiles(): StoredRecord[] {
    const taken = this.#feed.profiler?.drain() ?? [];
    return taken.flatMap(({ kind, rows, ...window }) => {
      const clusters = Map.groupBy(rows, ({ cluster }) => cluster);
      return [...clusters].map(([cluster, own]) => this.#record('profile', new Profile(cluster, own), window, kind));
    });
  }

  #record(
    kind: StoredRecord['kind'],
    body: (LockRow | ExecutionRow | Profile) & { readonly cluster: string },
    range: TimeRange,
    number: number | string,
  ): StoredRecord {
    const { cluster } = body;
    const [fromMs, toMs] = [Math.round(range.fromMs), Math.round(range.toMs)];
    return { kind, host: this.#host, cluster, id: `${fromMs} ${number}`, fromMs, toMs, body };
  }
}

/** A profile as it is kept: functions once, each stack as their numbers. */
export class Profile {
  readonly cluster: string;
  readonly frames: ProfileRow['stack'];
  readonly rows: readonly (Omit<ProfileRow, 'stack'> & { readonly stack: readonly number[] })[];

  constructor(cluster: string, rows: readonly ProfileRow[]) {
    const frames: ProfileRow['stack'][number][] = [];
    const numbers = new Map<string, number>();
    this.cluster = cluster;
    this.rows = rows.map((row) => ({
      ...row,
      stack: row.stack.map((frame) => {
        const key = `${frame.module}\0${frame.function}`;
        const known = numbers.get(key) ?? frames.push(frame) - 1;
        numbers.set(key, known);
        return known;
      }),
    }));
    this.frames = frames;
  }

  static rowsOf({ frames, rows }: Profile): ProfileRow[] {
    return rows.map((row) => ({ ...row, stack: row.stack.map((number) => frames[number]!) }));
  }
}
