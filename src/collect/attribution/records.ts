/** What the program and the collector tell each other of servers, processes and statements: records.bt in TypeScript. */

/** Memory is told in pages, as the kernel counts it; also in resources.bt. */
export const PAGE_BYTES = 4096;

/** `struct profile` of records.bt. */
export interface KernelProfile {
  readonly my_be_entry: bigint;
  readonly wait_event_base: bigint;
  readonly wait_event_offset: number;
  readonly wait_lock: number;
  readonly wait_start: number;
  readonly state_failed: number;
  readonly my_proc: bigint;
  readonly my_proc_port: bigint;
  readonly port_database: number;
  readonly port_user: number;
  readonly buffer_usage: bigint;
  readonly wal_usage: bigint;
  readonly client_backend: number;
  readonly state_idle: number;
  readonly state_running: number;
  readonly query_ids: number;
  readonly shows_ids: number;
  readonly temp_files_seen: number;
  readonly wal_sync: number;
}

/** `struct choice` of choice.bt. */
export interface KernelChoice {
  readonly query_id: bigint;
  readonly by_query_id: number;
  readonly by_database: number;
  readonly by_user: number;
  readonly pad: number;
  readonly database: { readonly bytes: readonly number[] };
  readonly user: { readonly bytes: readonly number[] };
}

/** What of `struct backend` is known of a process that was there before the watch. */
export interface FirstSight {
  readonly watched: bigint;
  readonly off_since: bigint;
  readonly blocked: number;
  readonly idle_wait: number;
  readonly run_delay: bigint;
  readonly gap_event: number;
  readonly lock: bigint;
  readonly lock_start: bigint;
  readonly lock_event: number;
}

/** What is read here of `struct backend` of records.bt. */
export interface KernelBackend {
  readonly attached: number;
  readonly in_session: number;
  readonly open: number;
  readonly blocked: number;
  readonly on_since: bigint;
  readonly off_since: bigint;
  readonly gap: bigint;
  readonly gap_event: number;
  readonly gap_inner: bigint;
  readonly gap_pushed: number;
  readonly on_cpu: bigint;
  readonly off_cpu: bigint;
  readonly run_queue: bigint;
  readonly slot: number;
  readonly asker: bigint;
  readonly named: number;
  readonly lock: bigint;
  readonly lock_ns: bigint;
  readonly lock_inner: bigint;
  readonly lock_event: number;
  readonly cut_ns: bigint;
  readonly cut_inner: bigint;
  readonly cut_event: number;
  readonly synced: number;
}

/** `struct identity` of records.bt. */
export interface KernelIdentity {
  readonly id: bigint;
  readonly cluster: number;
  readonly database: number;
  readonly user: number;
  readonly backend_type: number;
  readonly kind: number;
}

/** `struct asker` of clients.bt. */
export interface KernelAsker {
  /** In words, as the next. */
  readonly address: readonly bigint[];
  readonly application: readonly bigint[];
  readonly cluster: number;
  readonly told: number;
  readonly database_name: Uint8Array | string;
  readonly user_name: Uint8Array | string;
}

/** `struct statement` of records.bt. */
export interface KernelStatement {
  readonly identity: KernelIdentity;
  readonly slot: number;
  readonly text_bytes: number;
  readonly database: Uint8Array | string;
  readonly user: Uint8Array | string;
  /** In words. */
  readonly text: readonly bigint[];
}
