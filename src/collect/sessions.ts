/** Who a PostgreSQL process is and what it executes, read from the server's memory at the moment of the question. */
import {
  type DiscoveredCluster,
  type OpenSampler,
  openSampler,
  ProcessMemory,
  ServerProcesses,
} from '../postgres/discover/index.ts';
import type { Fingerprinter } from '../postgres/fingerprint/index.ts';
import { type BackendStatus, readSessionNames } from '../postgres/memory/index.ts';
import { type Inner, NOT_KNOWN } from './attribution/inner.ts';
import { readInner } from './attribution/inner-now.ts';
import type { InnerProfile } from './attribution/inner-profile.ts';

export interface Session {
  readonly pid: number;
  readonly backendType: string;
  /** pg_stat_activity.state; null of processes that have none. */
  readonly state: string | null;
  readonly database: string | null;
  readonly user: string | null;
  readonly application: string | null;
  readonly client: string | null;
  /** Signed, decimal; null where the server computes none. */
  readonly queryId: string | null;
  /** Null where no statement is shown, as is the query. */
  readonly fingerprint: string | null;
  /** Normalised: no literals. */
  readonly query: string | null;
  readonly truncated: boolean;
}

type Names = Pick<Session, 'database' | 'user'>;

const NO_NAMES: Names = { database: null, user: null };

/** Opens the memory of a cluster's postmaster: what all its processes share is there. */
export class Sessions {
  readonly open: OpenSampler;
  readonly #fingerprinter: Fingerprinter;
  readonly #processes: ServerProcesses;
  /** By pid and start of the process. */
  readonly #names = new Map<string, Names>();
  /** By OID: learned from sessions, needed for processes that are none. */
  readonly #databases = new Map<number, string | null>();
  readonly #users = new Map<number, string | null>();
  readonly #inner: InnerProfile | undefined;

  /** `inner`: where to find what is executed inside of statements. */
  constructor(cluster: DiscoveredCluster, fingerprinter: Fingerprinter, inner?: InnerProfile) {
    this.#inner = inner;
    this.open = openSampler(cluster);
    this.#fingerprinter = fingerprinter;
    this.#processes = new ServerProcesses(cluster.pid);
  }

  /** Our pid of the process that the server knows as `pid`; in a container they differ. */
  processOf(pid: number): number | undefined {
    return this.#processes.find(pid);
  }

  /** What `pid` does now; undefined where there is no such process. */
  find(pid: number): BackendStatus | undefined {
    return this.open.sampler.find(pid);
  }

  describe(status: BackendStatus): Session {
    const { sampler } = this.open;
    const { text, truncated } = sampler.readText(status);
    const statement = text === '' ? undefined : this.#fingerprinter.identify(text);
    return {
      pid: status.pid,
      backendType: status.backendType,
      state: status.state,
      ...this.#namesOf(status),
      application: sampler.readApplicationName(status) || null,
      client: status.client,
      queryId: status.queryId,
      fingerprint: statement?.fingerprint ?? null,
      query: statement?.query ?? null,
      truncated,
    };
  }

  /** Whether it is known where to find what is executed inside of statements. */
  get looksInside(): boolean {
    return this.#inner !== undefined;
  }

  /** What it executes inside of its statement now; undefined: nothing, or that was not asked for. */
  inner({ pid, state }: BackendStatus): Inner | undefined {
    const profile = this.#inner;
    if (!profile || state?.startsWith('idle')) return undefined;
    return this.#readOwn(pid, (memory) => readInner(memory, profile, this.#fingerprinter), NOT_KNOWN);
  }

  close(): void {
    this.open[Symbol.dispose]();
  }

  #namesOf(status: BackendStatus): Names {
    const key = `${status.pid} ${status.backendStart}`;
    let own = this.#names.get(key);
    if (!own) {
      own = this.#readNames(status) ?? NO_NAMES;
      if (own.database) this.#databases.set(status.databaseId, own.database);
      if (own.user) this.#users.set(status.userId, own.user);
      if (this.#names.size > MOST_NAMES) this.#names.clear();
      if (own !== NO_NAMES) this.#names.set(key, own);
    }
    return {
      database: own.database ?? this.#databases.get(status.databaseId) ?? null,
      user: own.user ?? this.#users.get(status.userId) ?? null,
    };
  }

  #readNames({ pid, backendType }: BackendStatus): Names | undefined {
    if (backendType !== 'client backend') return undefined;
    return this.#readOwn(pid, (memory) => readSessionNames(memory, this.open.profile), undefined);
  }

  /** In the process's own memory, unlike the rest; `ended`: of one that has. */
  #readOwn<T>(pid: number, read: (memory: ProcessMemory) => T, ended: T): T {
    const process = this.processOf(pid);
    if (process === undefined) return ended;
    try {
      using memory = ProcessMemory.open(process);
      return read(memory);
    } catch {
      return ended;
    }
  }
}

/** Sessions come and go: what is remembered of them must not grow for ever. */
const MOST_NAMES = 10_000;
