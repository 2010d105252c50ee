/** The builtins `pg.NAME`: what each is in the language, read from the memory of the process that the probe fires in. */
import type { TargetField } from '../../lang/index.ts';
import type { TracedCluster } from './clusters.ts';
import { NO_WAIT, tableName, WAIT_STRIDE } from './texts.ts';

export interface Readable {
  readonly name: string;
  readonly type: string;
  /** Its value; $e there is the process's PgBackendStatus, which is not null. */
  of(cluster: TracedCluster): string;
  /** Its value in processes that are no backends, if it is not 0 or empty. */
  readonly elsewhere?: string;
}

type PgField = TargetField & Readable;

type StatusField = keyof TracedCluster['profile']['layout']['offsets']['PgBackendStatus'];

export const status = ({ profile }: TracedCluster, field: StatusField): number | undefined =>
  profile.layout.offsets.PgBackendStatus[field];

export const read = (type: string, at: string): string => `*(${type} *)uptr(${at})`;

function statusField(name: string, type: string, field: StatusField, doc: string): PgField {
  return {
    name,
    type,
    doc,
    of(cluster) {
      const offset = status(cluster, field);
      return offset === undefined ? zeroOf(type) : `(${type})${read(type, `$e + ${offset}`)}`;
    },
  };
}

/** TimestampTz counts microseconds since 2000-01-01 (src/include/datatype/timestamp.h); 0: not set. */
const MICROSECONDS_1970_TO_2000 = 946_684_800_000_000;

function time(name: string, field: StatusField, doc: string): PgField {
  return {
    name,
    type: 'uint64',
    doc: `${doc}: nanoseconds since 1970; 0 where there is none.`,
    of: (cluster) =>
      `let $t = ${read('int64', `$e + ${status(cluster, field)}`)}; ` +
      `if ($t != 0) { (uint64)($t + ${MICROSECONDS_1970_TO_2000}) * 1000 } else { (uint64)0 }`,
  };
}

function age(name: string, since: string, doc: string): PgField {
  return {
    name,
    type: 'uint64',
    doc: `${doc}, in nanoseconds; 0 where there is none.`,
    of: () =>
      `let $since = pg.${since}; let $now = pg.now; if ($since != 0 && $now > $since) { (uint64)($now - $since) } else { (uint64)0 }`,
  };
}

const text = (pointer: string, most = ''): string =>
  `let $a = ${pointer}; if ($a != 0) { str(uptr($a)${most}) } else { "" }`;

/** Names of databases and users have at most 63 bytes (NAMEDATALEN). */
const NAME = ', 64';

function portText(name: string, field: 'database_name' | 'user_name', doc: string): PgField {
  return {
    name,
    type: 'string',
    doc: `${doc}; empty in background processes.`,
    of({ profile: { addresses, layout } }) {
      if (addresses.MyProcPort === undefined) return '"?"';
      const port = read('uint64', String(addresses.MyProcPort));
      return `let $port = ${port}; if ($port != 0) { ${text(read('uint64', `$port + ${layout.offsets.Port[field]}`), NAME)} } else { "" }`;
    },
  };
}

function usage(name: string, record: 'pgBufferUsage' | 'pgWalUsage', offset: number, doc: string): PgField {
  return {
    name,
    type: 'uint64',
    doc: `${doc}, by this process since it began; 0 where this build does not show it.`,
    of({ profile: { addresses } }) {
      const base = addresses[record];
      return base === undefined ? zeroOf('uint64') : read('uint64', String(base + offset));
    },
  };
}

/** WalSnd (replication/walsender_private.h): these lie in the same places from 13 to 18. */
const WAL_SENDER = { sent: 8, write: 24, flush: 32, apply: 40, writeLag: 48, flushLag: 56, applyLag: 64 } as const;

function sender(name: string, type: 'uint64' | 'int64', field: keyof typeof WAL_SENDER, doc: string): PgField {
  const none = type === 'int64' ? '(int64)-1' : zeroOf(type);
  return {
    name,
    type,
    doc,
    elsewhere: none,
    of({ profile: { addresses } }) {
      if (addresses.MyWalSnd === undefined) return none;
      const standby = read('uint64', String(addresses.MyWalSnd));
      return `let $s = ${standby}; if ($s != 0) { ${read(type, `$s + ${WAL_SENDER[field]}`)} } else { ${none} }`;
    },
  };
}

const POSITION = 'of this WAL sender, as bytes of WAL; 0 in other processes.';
const LAG =
  'by the last reply of the standby of this WAL sender, in microseconds; -1 where none is known, and elsewhere.';

export const zeroOf = (type: string): string =>
  type === 'string' ? '""' : type.endsWith('*') ? `(${type})uptr((uint64)0)` : `(${type})0`;

/** PGPROC.wait_event_info (src/include/utils/wait_event.h): since 14 there is a pointer to it. */
function waitInfo({ profile: { addresses, layout } }: TracedCluster): string {
  const pointer = addresses.my_wait_event_info;
  if (pointer !== undefined) return read('uint32', read('uint64', String(pointer)));
  return `let $proc = ${read('uint64', String(addresses.MyProc))}; if ($proc != 0) { ${read('uint32', `$proc + ${layout.offsets.PGPROC.wait_event_info}`)} } else { (uint32)0 }`;
}

/** Columns of pg_stat_activity and pg_stat_statements, and what else people try, as scripts say it. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  pid: 'pid',
  datname: 'pg.database',
  db: 'pg.database',
  datid: 'pg.database_oid',
  usename: 'pg.user',
  usesysid: 'pg.user_oid',
  role: 'pg.user',
  application_name: 'pg.application',
  app: 'pg.application',
  queryid: 'pg.query_id',
  query_text: 'pg.query',
  text: 'pg.query',
  sql: 'pg.query',
  state_change: 'pg.state_start',
  type: 'pg.backend_type',
  wait: 'pg.wait_event',
  duration: 'args.duration, in pg:query_done and pg:wait_done',
};

export const FIELDS: readonly PgField[] = [
  {
    name: 'is_backend',
    type: 'uint64',
    doc: '1 in a process of the traced clusters that pg_stat_activity shows, whatever its type.',
    of: () => '(uint64)1',
  },
  {
    name: 'is_client',
    type: 'uint64',
    doc: '1 in a session of a client.',
    of: (cluster) =>
      `(uint64)(${read('uint32', `$e + ${status(cluster, 'st_backendType')}`)} == ${cluster.profile.layout.backendTypes.indexOf('client backend')})`,
  },
  {
    name: 'backend_type',
    type: 'string',
    doc: 'What pg_stat_activity.backend_type says.',
    of: (cluster) =>
      `${tableName('backend_type', cluster)}(${read('uint32', `$e + ${status(cluster, 'st_backendType')}`)})`,
  },
  statusField('query_id', 'int64', 'st_query_id', 'Query id of the statement; 0 while it is not known, and before 14.'),
  statusField('plan_id', 'int64', 'st_plan_id', 'Plan id of the statement (18, and only if an extension sets it).'),
  {
    name: 'query',
    type: 'string',
    doc: 'Text of the statement that is executed, or was last (pg_stat_activity.query).',
    of: (cluster) => text(read('uint64', `$e + ${status(cluster, 'st_activity_raw')}`)),
  },
  {
    name: 'state',
    type: 'string',
    doc: 'What pg_stat_activity.state says.',
    of: (cluster) => `${tableName('state', cluster)}(${read('uint32', `$e + ${status(cluster, 'st_state')}`)})`,
  },
  {
    name: 'wait_event',
    type: 'string',
    doc: `Name of the wait event; "${NO_WAIT}" where it does not wait, "unknown" for one that an extension made.`,
    elsewhere: `"${NO_WAIT}"`,
    of: (cluster) =>
      `let $w = pg.wait_info; let $n = $w & 0xffff; let $row = ($w >> 24) * ${WAIT_STRIDE} + $n; ` +
      `if ($n >= ${WAIT_STRIDE}) { $row = 0xffffff; } ${tableName('wait_event', cluster)}($row)`,
  },
  {
    name: 'wait_event_type',
    type: 'string',
    doc: `Type of the wait event: "Lock", "IO" …; "${NO_WAIT}" where it does not wait.`,
    elsewhere: `"${NO_WAIT}"`,
    of: (cluster) => `${tableName('wait_event_type', cluster)}(pg.wait_info >> 24)`,
  },
  {
    name: 'wait_info',
    type: 'uint32',
    doc: 'The wait event as a number (wait_event_info): cheaper as a key than its name; 0 where it does not wait.',
    of: waitInfo,
  },
  portText('database', 'database_name', 'Name of the database'),
  portText('user', 'user_name', 'Name of the user'),
  {
    name: 'application',
    type: 'string',
    doc: 'application_name.',
    of: (cluster) => text(read('uint64', `$e + ${status(cluster, 'st_appname')}`), NAME),
  },
  statusField('database_oid', 'uint32', 'st_databaseid', 'OID of the database.'),
  statusField('user_oid', 'uint32', 'st_userid', 'OID of the user.'),
  time('backend_start', 'st_proc_start_timestamp', 'When the process began'),
  time('xact_start', 'st_xact_start_timestamp', 'When the transaction began'),
  time('query_start', 'st_activity_start_timestamp', 'When the statement began, or did last'),
  time('state_start', 'st_state_start_timestamp', 'When the state last changed'),
  age('xact_age', 'xact_start', 'How long the transaction has lasted'),
  age('query_age', 'query_start', 'How long ago the statement began'),
  usage('shared_hit', 'pgBufferUsage', 0, 'Blocks found in shared buffers'),
  usage('shared_read', 'pgBufferUsage', 8, 'Blocks read into shared buffers'),
  usage('shared_dirtied', 'pgBufferUsage', 16, 'Blocks of shared buffers made dirty'),
  usage('shared_written', 'pgBufferUsage', 24, 'Blocks of shared buffers written'),
  usage('temp_read', 'pgBufferUsage', 64, 'Blocks of temporary files read'),
  usage('temp_written', 'pgBufferUsage', 72, 'Blocks of temporary files written'),
  usage('wal_bytes', 'pgWalUsage', 16, 'Bytes of WAL made'),
  sender('sent_lsn', 'uint64', 'sent', `Position that was sent to the standby ${POSITION}`),
  sender('write_lsn', 'uint64', 'write', `Position that was written by the standby ${POSITION}`),
  sender('flush_lsn', 'uint64', 'flush', `Position that was made durable by the standby ${POSITION}`),
  sender('replay_lsn', 'uint64', 'apply', `Position that was replayed by the standby ${POSITION}`),
  sender('write_lag', 'int64', 'writeLag', `How long writing takes, ${LAG}`),
  sender('flush_lag', 'int64', 'flushLag', `How long making durable takes, ${LAG}`),
  sender('replay_lag', 'int64', 'applyLag', `How long replaying takes, ${LAG}`),
  {
    name: 'postmaster',
    type: 'uint32',
    doc: 'Process id of the postmaster: which cluster this is; 0 in processes of none.',
    of: () => 'pg.postmaster',
  },
  {
    name: 'port',
    type: 'uint32',
    doc: 'Port of the cluster.',
    of: (cluster) => `(uint32)${cluster.port}`,
  },
];
