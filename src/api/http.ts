/** The messages of the HTTP API that are not rows; src/server/openapi.ts describes the paths. */
import type { AgentStatus } from './agent-status.ts';
import type { CatalogEvent } from './catalog.ts';
import type { ClientRow } from './client-row.ts';
import type { CommitRow, WalRow } from './commit-row.ts';
import type { ExecutionRow } from './execution-row.ts';
import type { Finding, HeatmapColumn } from './history.ts';
import type { IoRow } from './io-row.ts';
import type { ClusterInfo, Load } from './live.ts';
import type { LockRow } from './lock-row.ts';
import type { Overhead } from './overhead.ts';
import type { ProfileRow } from './profile-row.ts';
import type { Window } from './row-head.ts';
import type { AnyQueryRow, AnyWaitRow } from './sampled.ts';
import type { SessionRow } from './session-row.ts';

/** What can be asked for as rows, by the name in the address. */
export interface RowsByKind {
  readonly queries: AnyQueryRow;
  readonly waits: AnyWaitRow;
  readonly locks: LockRow;
  /** Of the moment of the question, whatever the range. */
  readonly sessions: SessionRow;
  readonly clients: ClientRow;
  readonly io: IoRow;
  readonly commits: CommitRow | WalRow;
  readonly profile: ProfileRow;
  readonly executions: ExecutionRow;
  readonly findings: Finding;
  readonly events: CatalogEvent;
}
export type RowKind = keyof RowsByKind;

/** `missing`: why there are none, where they are not collected. `total`: how many there are, where only the largest were asked for. */
export type RowsAnswer<Row> =
  | { readonly missing: null; readonly window: Window; readonly rows: readonly Row[]; readonly total?: number }
  | { readonly missing: string };

/** Average active sessions in steps of one length, split by one field. */
export interface LoadAnswer {
  /** RFC 3339, the beginning of the first step. */
  readonly from: string;
  readonly step_us: number;
  /** Largest first; the last is `null` for all others together, where there are others. */
  readonly series: readonly {
    readonly key: string | null;
    /** Null where nothing was observed. */
    readonly sessions: readonly (number | null)[];
  }[];
  readonly coverage: Window['coverage'];
  readonly dropped: number;
}

/** Microseconds of each statement, by fingerprint, then by `CPU`, `Run queue` and wait event type. */
export interface MixAnswer {
  readonly mix: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One cluster of one host; hosts that share a store are one fleet. */
export interface FleetMember {
  readonly host: string;
  readonly cluster: string;
  /** Average active sessions, one a step; null where nothing was observed. */
  readonly sessions: readonly (number | null)[];
  /** The same over the whole range, by `CPU`, `Run queue` and wait event type. */
  readonly classes: Readonly<Record<string, number>>;
  readonly observed_us: number;
}

export interface FleetAnswer {
  /** RFC 3339, the beginning of the first step. */
  readonly from: string;
  readonly step_us: number;
  readonly members: readonly FleetMember[];
}

/** What is kept of the past; null where nothing is. */
export type HistoryAnswer = Omit<AgentStatus['history'], 'flush_interval_us'> | null;

export interface HeatmapAnswer {
  readonly columns: readonly HeatmapColumn[];
}

export interface TextAnswer {
  readonly fingerprint: string;
  readonly query: string | null;
  readonly query_truncated: boolean;
}

/** Sent every second: what is always on the screen. */
export interface Status {
  /** RFC 3339, the agent's clock. */
  readonly at: string;
  readonly version: string;
  readonly host: string;
  readonly started: string;
  /** CPUs of this host: more active sessions on a CPU than these are not possible. */
  readonly cpus: number;
  readonly clusters: readonly ClusterInfo[];
  /** Clusters that run and are not watched, and why. */
  readonly refused: readonly { readonly pgdata: string; readonly reason: string }[];
  /** `exact`: eBPF sees every event; `sampled`: estimates without it; null where nothing is watched, and a store is read. */
  readonly tier: 'exact' | 'sampled' | null;
  /** What cannot be seen here, and what would bring it; null where everything can. */
  readonly shortcoming: string | null;
  /** Of the last second. */
  readonly load: Load;
  readonly cost: {
    /** Parts of one CPU, over the last ten seconds: the agent's process. */
    readonly cpu: number;
    readonly rss_bytes: number;
    /** Events lost since the start. */
    readonly dropped: number;
  };
  /** What the eBPF programs cost, by the governor; null while nothing measures it. */
  readonly overhead: Overhead | null;
  /** RFC 3339: nothing is known from before. */
  readonly oldest: string | null;
}

/** What this reader may do. */
export interface Permissions {
  readonly role: 'viewer' | 'admin';
  /** Null where allowed, else why not. */
  readonly signal: string | null;
  readonly trace: string | null;
  readonly explain: string | null;
}

/** Of POST /api/signal: what was done, in words. */
export interface SignalAnswer {
  readonly done: string;
}

/** Of POST /api/profile, when the profile is taken. */
export interface ProfileAnswer {
  readonly samples: number;
}

/** Of POST /api/trace/check. */
export interface TraceCheck {
  /** Offsets into the text, in UTF-16 units. */
  readonly diagnostics: readonly {
    readonly severity: string;
    readonly message: string;
    readonly hints: readonly string[];
    readonly from: number;
    readonly to: number;
  }[];
  readonly completions: {
    readonly from: number;
    readonly to: number;
    readonly items: readonly {
      readonly label: string;
      readonly kind: string;
      readonly signature?: string;
      readonly doc?: string;
    }[];
  };
}

/** One of POST /api/trace/tools. */
export interface TraceTool {
  readonly name: string;
  /** What it answers. */
  readonly question: string;
  readonly text: string;
}

/** Of POST /api/trace/save. */
export interface TraceSaved {
  readonly path: string;
}

/** Numbers beyond 2^53 are strings of digits, bytes hexadecimal ones. */
export type TraceJson =
  | null
  | boolean
  | number
  | string
  | readonly TraceJson[]
  | { readonly [field: string]: TraceJson };

export interface TraceMapRows {
  readonly name: string;
  readonly rows: readonly { readonly key: TraceJson; readonly value: TraceJson }[];
}

/** Of POST /api/trace/run, read and stop. */
export interface TraceState {
  readonly running: boolean;
  /** Who started it; null where nothing was run. */
  readonly by: string | null;
  /** Lines of what it printed, from `first` on; earlier ones are not kept. */
  readonly lines: readonly { readonly kind: 'text' | 'trouble'; readonly text: string }[];
  readonly first: number;
  readonly maps: readonly TraceMapRows[];
  /** Why it could not run. */
  readonly error: string | null;
}
