/**
 * The PostgreSQL structures and fields that Pebble reads: the one list from which the generator makes the data per major
 * and TypeScript the type of that data.
 */

/** In every supported major (13 to 18). */
export const FIELDS = {
  /** src/include/utils/backend_status.h (13: pgstat.h) */
  PgBackendStatus: [
    'st_changecount',
    'st_procpid',
    'st_backendType',
    'st_proc_start_timestamp',
    'st_xact_start_timestamp',
    'st_activity_start_timestamp',
    'st_state_start_timestamp',
    'st_databaseid',
    'st_userid',
    'st_clientaddr',
    'st_ssl',
    'st_gss',
    'st_state',
    'st_appname',
    'st_activity_raw',
    'st_progress_command',
    'st_progress_command_target',
    'st_progress_param',
  ],
  /** src/include/storage/proc.h */
  PGPROC: [
    'links',
    'pid',
    'databaseId',
    'roleId',
    'lwWaiting',
    'lwWaitMode',
    'waitLock',
    'waitProcLock',
    'waitLockMode',
    'heldLocks',
    'myProcLocks',
    'wait_event_info',
    'lockGroupLeader',
    'lockGroupMembers',
    'lockGroupLink',
  ],
  PROC_HDR: ['allProcs', 'allProcCount'],
  /** src/include/storage/lock.h */
  LOCKTAG: [
    'locktag_field1',
    'locktag_field2',
    'locktag_field3',
    'locktag_field4',
    'locktag_type',
    'locktag_lockmethodid',
  ],
  LOCK: ['tag', 'grantMask', 'waitMask', 'procLocks', 'waitProcs', 'nRequested', 'granted', 'nGranted'],
  PROCLOCK: ['tag', 'groupLeader', 'holdMask', 'releaseMask', 'lockLink', 'procLink'],
  PROCLOCKTAG: ['myLock', 'myProc'],
  /** src/include/storage/lwlock.h */
  LWLock: ['tranche', 'state'],
  LWLockPadded: [],
  /** src/include/executor/instrument.h */
  BufferUsage: [
    'shared_blks_hit',
    'shared_blks_read',
    'shared_blks_dirtied',
    'shared_blks_written',
    'local_blks_hit',
    'local_blks_read',
    'local_blks_dirtied',
    'local_blks_written',
    'temp_blks_read',
    'temp_blks_written',
  ],
  WalUsage: ['wal_records', 'wal_fpi', 'wal_bytes'],
  /** src/include/libpq/libpq-be.h */
  Port: [
    'sock',
    'laddr',
    'raddr',
    'remote_host',
    'remote_port',
    'database_name',
    'user_name',
    'application_name',
    'ssl_in_use',
  ],
  /** src/include/libpq/pqcomm.h */
  SockAddr: ['addr', 'salen'],
  /** src/include/utils/elog.h */
  ErrorContextCallback: ['previous', 'callback', 'arg'],
  /** src/include/executor/execdesc.h, nodes/execnodes.h, nodes/plannodes.h, nodes/parsenodes.h */
  QueryDesc: ['operation', 'plannedstmt', 'sourceText', 'estate', 'totaltime', 'instrument_options'],
  EState: ['es_processed'],
  PlannedStmt: ['queryId'],
  Query: ['queryId'],
  /** src/include/utils/portal.h, plancache.h */
  PortalData: ['name', 'prepStmtName', 'sourceText', 'stmts', 'status', 'queryDesc'],
  CachedPlanSource: ['query_string'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** In some majors only: the first and the last, where they are not the ends. */
export const LIMITED_FIELDS = {
  PgBackendStatus: { st_query_id: { since: 14 }, st_plan_id: { since: 18 } },
  PGPROC: {
    waitStart: { since: 14 },
    backendId: { until: 16 },
    pgprocno: { until: 16 },
    vxid: { since: 17 },
  },
  WalUsage: { wal_buffers_full: { since: 18 } },
  PlannedStmt: { planId: { since: 18 } },
} as const satisfies LimitedFields;

type LimitedFields = {
  readonly [Struct in StructName]?: Readonly<Record<string, { readonly since?: number; readonly until?: number }>>;
};

export type StructName = keyof typeof FIELDS;

type Offsets<Struct extends StructName> = {
  readonly [Field in (typeof FIELDS)[Struct][number]]: number;
} & (Struct extends keyof typeof LIMITED_FIELDS
  ? { readonly [Field in keyof (typeof LIMITED_FIELDS)[Struct]]?: number }
  : unknown);

/** What one major looks like in memory, in bytes; the same on every 64-bit little-endian Linux. */
export interface Layout {
  readonly major: number;
  readonly sizes: { readonly [Struct in StructName]: number };
  readonly offsets: { readonly [Struct in StructName]: Offsets<Struct> };
  /** Index = BackendType, value = pg_stat_activity.backend_type ("not initialized" where that shows nothing). */
  readonly backendTypes: readonly string[];
  /** Index = BackendState, value = pg_stat_activity.state, null where that shows nothing. */
  readonly states: readonly (string | null)[];
}
