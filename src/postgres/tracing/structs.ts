/** PostgreSQL's structures for scripts, as C of the running major, and its variables that point to them: `pg.MyBEEntry->st_query_id`. */
import type { TracedCluster } from './clusters.ts';
import { zeroOf } from './fields.ts';

type Offsets = TracedCluster['profile']['layout']['offsets'];
type Fields<Struct extends keyof Offsets> = { readonly [Field in keyof Offsets[Struct]]?: CType };
type CType = keyof typeof SIZES;

const SIZES = { bool: 1, uint8_t: 1, int: 4, uint32_t: 4, int64_t: 8, uint64_t: 8, 'char *': 8, 'void *': 8 } as const;

/** Types as src/include has them: enums are int, Oid is uint32_t, TimestampTz int64_t. */
const TYPES: { readonly [Struct in 'PgBackendStatus' | 'PGPROC' | 'BufferUsage' | 'WalUsage']: Fields<Struct> } = {
  PgBackendStatus: {
    st_changecount: 'int',
    st_procpid: 'int',
    st_backendType: 'int',
    st_proc_start_timestamp: 'int64_t',
    st_xact_start_timestamp: 'int64_t',
    st_activity_start_timestamp: 'int64_t',
    st_state_start_timestamp: 'int64_t',
    st_databaseid: 'uint32_t',
    st_userid: 'uint32_t',
    st_ssl: 'bool',
    st_gss: 'bool',
    st_state: 'int',
    st_appname: 'char *',
    st_activity_raw: 'char *',
    st_progress_command: 'int',
    st_progress_command_target: 'uint32_t',
    st_query_id: 'int64_t',
    st_plan_id: 'int64_t',
  },
  PGPROC: {
    pid: 'int',
    databaseId: 'uint32_t',
    roleId: 'uint32_t',
    lwWaiting: 'uint8_t',
    lwWaitMode: 'uint8_t',
    waitLock: 'void *',
    waitProcLock: 'void *',
    waitLockMode: 'int',
    heldLocks: 'int',
    wait_event_info: 'uint32_t',
    lockGroupLeader: 'void *',
  },
  BufferUsage: {
    shared_blks_hit: 'int64_t',
    shared_blks_read: 'int64_t',
    shared_blks_dirtied: 'int64_t',
    shared_blks_written: 'int64_t',
    local_blks_hit: 'int64_t',
    local_blks_read: 'int64_t',
    local_blks_dirtied: 'int64_t',
    local_blks_written: 'int64_t',
    temp_blks_read: 'int64_t',
    temp_blks_written: 'int64_t',
  },
  WalUsage: { wal_records: 'int64_t', wal_fpi: 'int64_t', wal_bytes: 'uint64_t' },
};

type StructName = keyof typeof TYPES;

interface Variable {
  readonly name: 'MyBEEntry' | 'MyProc' | 'pgBufferUsage' | 'pgWalUsage';
  readonly struct: StructName;
  /** The variable is the structure itself. */
  readonly isWhole: boolean;
  readonly doc: string;
}

const VARIABLES: readonly Variable[] = [
  { name: 'MyBEEntry', struct: 'PgBackendStatus', isWhole: false, doc: 'What pg_stat_activity is made of' },
  {
    name: 'MyProc',
    struct: 'PGPROC',
    isWhole: false,
    doc: 'Its place among the processes, with the lock that it waits for',
  },
  { name: 'pgBufferUsage', struct: 'BufferUsage', isWhole: true, doc: 'Blocks that it has used' },
  { name: 'pgWalUsage', struct: 'WalUsage', isWhole: true, doc: 'WAL that it has made' },
];

/** C of the structures that are the same in all of the clusters. */
export function structsText(clusters: readonly TracedCluster[]): string {
  return (Object.keys(TYPES) as StructName[]).map((name) => commonText(name, clusters) ?? '').join('\n');
}

function commonText(name: StructName, clusters: readonly TracedCluster[]): string | undefined {
  const texts = new Set(clusters.map((cluster) => structText(name, cluster)));
  return texts.size === 1 ? [...texts][0] : undefined;
}

function structText(name: StructName, { profile: { layout } }: TracedCluster): string {
  const offsets = layout.offsets[name] as Readonly<Record<string, number | undefined>>;
  const fields = Object.entries(TYPES[name] as Readonly<Record<string, CType>>)
    .flatMap(([field, type]) => (offsets[field] === undefined ? [] : [{ field, type, at: offsets[field] }]))
    .sort((a, b) => a.at - b.at);
  let end = 0;
  const lines = fields.map(({ field, type, at }) => {
    const gap = at > end ? `char gap_${end}[${at - end}]; ` : '';
    end = at + SIZES[type];
    return `${gap}${type} ${field};`;
  });
  const rest = layout.sizes[name] - end;
  return `struct ${name} { ${lines.join(' ')} ${rest > 0 ? `char gap_${end}[${rest}]; ` : ''}};`;
}

/** Rows of `pg`: pointers to the structures in the memory of the process that the probe fires in. */
export const POINTERS = VARIABLES.map(({ name, struct, isWhole, doc }) => ({
  name,
  type: `struct ${struct} *`,
  doc: `${doc} (${struct}); null in other processes.`,
  of({ profile: { addresses } }: TracedCluster) {
    const address = addresses[name];
    if (address === undefined) return zeroOf(`struct ${struct} *`);
    return `(struct ${struct} *)uptr(${isWhole ? `(uint64)${address}` : `*(uint64 *)uptr(${address})`})`;
  },
  /** Why a script cannot have it. */
  lacking: (clusters: readonly TracedCluster[]) =>
    commonText(struct, clusters) === undefined
      ? `pg.${name}: struct ${struct} is not the same in all of the servers: choose one with --pgdata`
      : undefined,
}));
