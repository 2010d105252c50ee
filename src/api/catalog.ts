/** What PostgreSQL says of itself, where the agent has an SQL connection: src/catalog asks, findings and pages use it. */

/** Who keeps old row versions from being removed. */
export interface HorizonHolder {
  readonly kind: 'session' | 'prepared transaction' | 'replication slot' | 'standby';
  /** A pid, a transaction's or slot's name, a standby's application_name. */
  readonly name: string;
  readonly database: string | null;
  readonly user: string | null;
  readonly application: string | null;
  readonly state: string | null;
  /** Transactions that have begun since. */
  readonly xmin_age: number;
  /** How long its transaction lasts; null where that is not known. */
  readonly transaction_us: number | null;
}

export interface VacuumDebt {
  readonly database: string;
  readonly relation: string;
  readonly dead_tuples: number;
  readonly live_tuples: number;
  /** Dead tuples from which on autovacuum would vacuum it. */
  readonly threshold: number;
  /** RFC 3339; null: never since the statistics were reset. */
  readonly last_vacuum: string | null;
  readonly last_analyze: string | null;
  /** `scanning heap`, …: of the vacuum that runs now; null where none does. */
  readonly phase: string | null;
}

export interface ReplicationSlot {
  readonly name: string;
  readonly active: boolean;
  /** WAL that is kept for it; null where it keeps none. */
  readonly retained_bytes: number | null;
}

export interface StandbyState {
  readonly application: string;
  readonly state: string;
  readonly sync_state: string;
  /** Behind this server's WAL. */
  readonly replay_lag_bytes: number | null;
}

/** Of one cluster, at one moment. */
export interface CatalogFacts {
  readonly at: string;
  readonly role: 'primary' | 'standby';
  /** By name, those of pg_settings that were set, and the few that findings name. */
  readonly settings: Readonly<Record<string, string>>;
  /** Names of settings that wait for a restart. */
  readonly pending_restart: readonly string[];
  /** RFC 3339. */
  readonly config_loaded: string;
  readonly started: string;
  /** The oldest first. */
  readonly horizon: readonly HorizonHolder[];
  /** The most behind first. */
  readonly vacuum: readonly VacuumDebt[];
  readonly slots: readonly ReplicationSlot[];
  readonly standbys: readonly StandbyState[];
  readonly archiver: { readonly archived: number; readonly failed: number; readonly last_failed: string | null };
  /** Since the statistics were reset. */
  readonly checkpoints: { readonly timed: number; readonly requested: number };
  readonly sessions_started: number | null;
  /** Workers that plans asked for, and those that there were, since the statistics were reset; null before 18. */
  readonly parallel_workers: { readonly planned: number; readonly launched: number } | null;
}

/** Of one SQL connection. */
export interface CatalogState {
  /** Data directory; null until it was reached. */
  readonly cluster: string | null;
  /** Why it tells nothing just now; null when all is well. */
  readonly trouble: string | null;
  readonly facts: CatalogFacts | null;
}

/** Of GET /api/catalog: what PostgreSQL says of itself now, by connection; none where none is configured. */
export interface CatalogAnswer {
  readonly connections: readonly CatalogState[];
}

/** Of POST /api/explain. */
export interface PlanAnswer {
  readonly how: string;
  readonly lines: readonly string[];
}

/** A moment worth a mark on the time line. */
export interface CatalogEvent {
  readonly at: string;
  readonly host: string;
  readonly cluster: string;
  readonly kind: 'restart' | 'reload' | 'setting' | 'role' | 'vacuum' | 'analyze' | 'ddl' | 'oom_kill';
  /** One sentence. */
  readonly what: string;
}
