/** What a feed says of itself, and who is told. */
import { availableParallelism } from 'node:os';
import type { Status } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import type { ObservedCluster, Refused } from '../collect/observed.ts';
import { VERSION } from './version.ts';

export type Listener = (status: Status) => void;

export class Listeners {
  readonly #listeners = new Set<Listener>();

  get size(): number {
    return this.#listeners.size;
  }

  /** Calls `listener` with each new status until the returned function is called. */
  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(status: Status): void {
    for (const listener of this.#listeners) listener(status);
  }

  clear(): void {
    this.#listeners.clear();
  }
}

interface Said extends Pick<Status, 'host' | 'started' | 'tier' | 'shortcoming' | 'cost' | 'overhead'> {
  readonly atMs: number;
  readonly watched: { readonly clusters: readonly ObservedCluster[]; readonly refused: readonly Refused[] } | undefined;
  /** At work on average, by what they did. */
  readonly sessions: Readonly<Record<string, number>>;
  readonly oldestMs: number | null | undefined;
}

export function statusOf({ atMs, watched, sessions, oldestMs, ...said }: Said): Status {
  const at = rfc3339(atMs);
  return {
    ...said,
    at,
    version: VERSION,
    cpus: watched ? availableParallelism() : 0,
    clusters: (watched?.clusters ?? []).map(({ pgdata, major, systemIdentifier }) => ({
      pgdata,
      major,
      system_identifier: systemIdentifier,
    })),
    refused: (watched?.refused ?? []).map(({ pgdata, reason }) => ({ pgdata, reason: reason.what })),
    load: { at, sessions },
    oldest: oldestMs === null || oldestMs === undefined ? null : rfc3339(oldestMs),
  };
}
