/** Every process of the watched clusters, as it is now: read from the servers' memory when somebody asks. */
import type { SessionRow } from '../api/index.ts';
import type { ObservedCluster } from '../collect/attribution/index.ts';
import { sharedFingerprinter } from '../collect/parser/index.ts';
import { Sessions } from '../collect/sessions.ts';
import { discoverClusters } from '../postgres/discover/index.ts';
import type { BackendSample } from '../postgres/memory/index.ts';
import { waitEventOf, waitTableOf } from '../postgres/waits/index.ts';

export interface WatchedServers {
  readonly clusters: readonly ObservedCluster[];
}

/** Whether a backend serves the agent itself, by the pid that its server gives it. */
type IsOurs = (pgdata: string, pid: number) => boolean;

export class SessionsNow {
  readonly #watched: WatchedServers;
  readonly #isOurs: IsOurs;
  /** By postmaster. */
  readonly #open = new Map<number, Sessions>();

  constructor(watched: WatchedServers, isOurs: IsOurs = () => false) {
    this.#watched = watched;
    this.#isOurs = isOurs;
  }

  async read(): Promise<SessionRow[]> {
    await this.#openNew();
    const now = Date.now() * 1000;
    return this.#watched.clusters.flatMap(({ pid, pgdata, major }) => {
      const sessions = this.#open.get(pid);
      const samples = sessions?.open.sampler.sample() ?? [];
      return samples.map((sample) => ({
        ...toRow(sample, sessions!, { pgdata, major }, now),
        of_pebble: this.#isOurs(pgdata, sample.pid),
      }));
    });
  }

  close(): void {
    for (const sessions of this.#open.values()) sessions.close();
    this.#open.clear();
  }

  async #openNew(): Promise<void> {
    const { clusters } = this.#watched;
    for (const [pid, sessions] of this.#open) {
      if (clusters.some((cluster) => cluster.pid === pid)) continue;
      sessions.close();
      this.#open.delete(pid);
    }
    const missing = clusters.filter(({ pid }) => !this.#open.has(pid));
    if (missing.length === 0) return;
    for (const cluster of discoverClusters().clusters) {
      if (missing.some(({ pid }) => pid === cluster.pid) && !this.#open.has(cluster.pid)) {
        this.#open.set(cluster.pid, new Sessions(cluster, sharedFingerprinter()));
      }
    }
  }
}

interface Where {
  readonly pgdata: string;
  readonly major: number;
}

function toRow(
  sample: BackendSample,
  sessions: Sessions,
  { pgdata, major }: Where,
  now: number,
): Omit<SessionRow, 'of_pebble'> {
  const session = sessions.describe(sample);
  const wait = sample.waitInfo === 0 ? undefined : waitEventOf(waitTableOf(major), sample.waitInfo);
  const since = (moment: number | null): number | null => (moment === null ? null : Math.max(0, now - moment));
  const isActive = sample.state === 'active';
  return {
    cluster: pgdata,
    pid: sample.pid,
    backend_type: sample.backendType,
    state: sample.state,
    database: session.database,
    user: session.user,
    application: session.application,
    client: session.client,
    query_id: session.queryId,
    fingerprint: session.fingerprint,
    query: session.query,
    query_truncated: session.truncated,
    wait_event_type: wait?.type ?? null,
    wait_event: wait?.event ?? null,
    transaction_us: since(sample.transactionStart),
    statement_us: isActive ? since(sample.statementStart) : null,
    state_us: since(sample.stateStart),
  };
}
