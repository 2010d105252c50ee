/** The relations that can be asked for in SQL: their columns, and where each is found in a row of docs/json.md. */

export type ColumnType = 'text' | 'bigint' | 'integer' | 'double precision' | 'boolean' | 'timestamptz' | 'jsonb';
/** The value of a column in a row; undefined and null are NULL. */
type Read = (row: Row) => unknown;
export type Row = Readonly<Record<string, unknown>>;

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly read: Read;
  /** The version of the extension that has it first; absent for those of 1.0. */
  readonly since?: string;
}

export interface Relation {
  readonly name: RelationName;
  /** For COMMENT and documentation; what it shows where no range is asked for. */
  readonly summary: string;
  readonly columns: readonly Column[];
  /** Answers for a range of the past, too. */
  readonly hasPast: boolean;
}

const field = (name: string): Read => {
  const [outer, inner] = name.split('.') as [string, string | undefined];
  return inner === undefined ? (row) => row[outer] : (row) => (row[outer] as Row | undefined)?.[inner];
};
const column = (name: string, type: ColumnType, read: Read | string = name): Column => ({
  name,
  type,
  read: typeof read === 'string' ? field(read) : read,
});
const text = (name: string, from = name): Column => column(name, 'text', from);
const count = (name: string, from = name): Column => column(name, 'bigint', from);
const pid = (name: string): Column => column(name, 'integer');
/** PostgreSQL's views have times in ms; our rows have them in µs. */
const ms = (name: string, from: string): Column => {
  const read = field(from);
  return column(name, 'double precision', (row) => {
    const us = read(row);
    return typeof us === 'number' ? us / 1000 : null;
  });
};

const since = (version: string, ...columns: readonly Column[]): Column[] =>
  columns.map((one) => ({ ...one, since: version }));

const DOER = [text('database'), text('user'), count('queryid', 'query_id'), text('fingerprint'), text('query')];
const HEAD = [
  text('cluster'),
  column('stats_since', 'timestamptz', 'window_start'),
  ms('observed_time', 'window_us'),
  text('coverage'),
  column('dropped', 'bigint'),
];

const QUERIES = [
  ...DOER,
  count('calls'),
  count('requests'),
  count('errors'),
  count('running'),
  ms('total_time', 'latency_us.total'),
  ms('p50_time', 'latency_us.p50'),
  ms('p95_time', 'latency_us.p95'),
  ms('p99_time', 'latency_us.p99'),
  ms('max_time', 'latency_us.max'),
  ms('cpu_time', 'on_cpu_us'),
  ms('wait_time', 'off_cpu_us'),
  ms('run_queue_time', 'run_queue_us'),
  ms('parallel_cpu_time', 'parallel_on_cpu_us'),
  count('shared_blks_hit'),
  count('shared_blks_read'),
  count('shared_blks_dirtied'),
  count('shared_blks_written'),
  count('temp_blks_read'),
  count('temp_blks_written'),
  count('wal_records'),
  count('wal_fpi'),
  count('wal_bytes'),
  count('rows'),
  count('received_bytes'),
  count('sent_bytes'),
  count('temp_files'),
  count('temp_file_bytes'),
  count('major_faults'),
  count('memory_grown_bytes'),
  count('memory_kept_bytes'),
  count('memory_max_bytes'),
  column('sqlstates', 'jsonb'),
  ms('prepare_time', 'phases_us.prepare'),
  ms('execute_time', 'phases_us.execute'),
  ms('commit_time', 'phases_us.commit'),
  ...HEAD,
  column('inexact', 'jsonb'),
];

const lockSide = (side: 'waiter' | 'blocker'): Column[] => [
  pid(`${side}_pid`),
  text(`${side}_user`),
  text(`${side}_application`),
  count(`${side}_queryid`, `${side}_query_id`),
  text(`${side}_query`),
  ...since('1.1', text(`${side}_inner_query`)),
];

const LOCKS = [
  text('database'),
  ...lockSide('waiter'),
  ...lockSide('blocker'),
  text('blocker_state'),
  pid('root_pid'),
  text('lock_type'),
  count('relation'),
  text('relation_name'),
  text('mode'),
  text('blocker_mode'),
  column('waiting', 'boolean'),
  count('count'),
  ms('total_time', 'wait_us'),
  ms('max_time', 'max_us'),
  ...HEAD,
];

const RELATIONS_BY_NAME = {
  queries: { summary: 'what each query did since the agent began to watch', hasPast: true, columns: QUERIES },
  waits: {
    summary: 'what each query and background process waited for since the agent began to watch',
    hasPast: true,
    columns: [
      text('backend_type'),
      ...DOER,
      text('inner_query'),
      text('wait_event_type'),
      text('wait_event'),
      count('count'),
      ms('total_time', 'total_us'),
      ms('max_time', 'max_us'),
      ...HEAD,
    ],
  },
  locks: { summary: 'who waited for whom in the last minute', hasPast: true, columns: LOCKS },
  blocking_tree: {
    summary: 'who waits now, below the session that blocks all of them',
    hasPast: true,
    columns: [
      pid('root_pid'),
      column('depth', 'integer'),
      text('path'),
      ...LOCKS.filter(({ name }) => name !== 'root_pid'),
    ],
  },
  io: {
    summary: 'requests to devices and files in the last minute',
    hasPast: true,
    columns: [
      text('kind'),
      text('backend_type'),
      ...DOER,
      text('process'),
      text('device'),
      text('path'),
      text('operation'),
      count('count'),
      count('bytes'),
      ms('p50_time', 'latency_us.p50'),
      ms('p99_time', 'latency_us.p99'),
      ms('max_time', 'latency_us.max'),
      ms('total_time', 'latency_us.total'),
      count('read_bytes'),
      count('disk_bytes'),
      count('cached_bytes'),
      ...HEAD,
    ],
  },
  wal_commits: {
    summary: 'what commits waited for in the last minute: of each statement, and of the cluster',
    hasPast: true,
    columns: [
      text('kind'),
      text('backend_type'),
      ...DOER,
      count('commits'),
      ms('insert_time', 'insert_us'),
      ms('write_time', 'write_us'),
      ms('sync_time', 'sync_us'),
      ms('group_time', 'group_us'),
      ms('replication_time', 'replication_us'),
      count('syncs'),
      column('group_size', 'double precision'),
      count('wal_records'),
      count('wal_fpi'),
      count('wal_bytes'),
      ...HEAD,
    ],
  },
  latency_histogram: {
    summary: 'requests of each query by latency, in the last minute',
    hasPast: true,
    columns: [text('cluster'), ...DOER.slice(0, 4), ms('from_time', 'from_us'), ms('to_time', 'to_us'), count('count')],
  },
  executions: {
    summary: 'the slowest requests of each query in the last minute, with their sleeps',
    hasPast: true,
    columns: [
      column('started', 'timestamptz'),
      pid('pid'),
      text('backend_type'),
      ...DOER,
      ms('total_time', 'latency_us'),
      ms('cpu_time', 'on_cpu_us'),
      ms('wait_time', 'off_cpu_us'),
      ms('run_queue_time', 'run_queue_us'),
      count('calls'),
      count('errors'),
      count('shared_blks_read'),
      count('wal_bytes'),
      count('rows'),
      count('received_bytes'),
      count('sent_bytes'),
      count('temp_files'),
      count('temp_file_bytes'),
      count('major_faults'),
      count('memory_grown_bytes'),
      column('steps', 'jsonb'),
      ...HEAD,
    ],
  },
  sessions: {
    summary: 'what every process of the clusters does now',
    hasPast: false,
    columns: [
      text('cluster'),
      pid('pid'),
      text('backend_type'),
      text('state'),
      ...DOER,
      text('application'),
      text('client'),
      text('wait_event_type'),
      text('wait_event'),
      ms('transaction_time', 'transaction_us'),
      ms('statement_time', 'statement_us'),
      ms('state_time', 'state_us'),
    ],
  },
  findings: {
    summary: 'what dominated the last ten minutes, in words',
    hasPast: true,
    columns: [
      text('id'),
      text('cluster'),
      text('severity'),
      column('since', 'timestamptz'),
      column('until', 'timestamptz'),
      text('title'),
      column('evidence', 'jsonb'),
      text('sql'),
      text('advice'),
      text('refuted_by'),
      column('queries', 'jsonb'),
    ],
  },
  agent: {
    summary: 'the agent itself: what it watches and costs',
    hasPast: false,
    columns: [
      text('host'),
      text('version'),
      pid('pid'),
      column('started', 'timestamptz'),
      text('tier'),
      column('cpu', 'double precision', 'cost.cpu'),
      count('rss_bytes', 'cost.rss_bytes'),
      count('dropped', 'cost.dropped'),
      text('store', 'history.store'),
      text('trouble', 'history.trouble'),
      column('clusters', 'jsonb'),
      column('refused', 'jsonb'),
      ...since(
        '1.1',
        count('bpf_memory_bytes', 'cost.bpf_memory_bytes'),
        count('forgotten_queries', 'cost.forgotten_queries'),
        count('history_bytes', 'history.bytes'),
        count('pending_intervals', 'history.pending_intervals'),
        count('lost_intervals', 'history.lost_intervals'),
        text('otlp_endpoint', 'otlp.endpoint'),
        count('otlp_sent', 'otlp.sent'),
        count('otlp_pending', 'otlp.pending'),
        count('otlp_lost', 'otlp.lost'),
        count('otlp_rejected_items', 'otlp.rejected_items'),
        text('otlp_trouble', 'otlp.trouble'),
      ),
    ],
  },
} as const satisfies Readonly<Record<string, Omit<Relation, 'name'>>>;

export type RelationName = keyof typeof RELATIONS_BY_NAME;

/** A range is asked for by equality with these; every row has them as they were asked for. */
export const RANGE_COLUMNS = ['range_from', 'range_to'] as const;
const RANGE: readonly Column[] = RANGE_COLUMNS.map((name) => column(name, 'timestamptz'));

/** Tables and views take new columns at their end only. */
const olderFirst = (a: Column, b: Column): number => (a.since ?? '').localeCompare(b.since ?? '');

export const RELATIONS: ReadonlyMap<string, Relation> = new Map(
  Object.entries(RELATIONS_BY_NAME).map(([name, relation]) => {
    const columns: readonly Column[] = relation.hasPast ? [...relation.columns, ...RANGE] : relation.columns;
    return [name, { ...relation, name: name as RelationName, columns: columns.toSorted(olderFirst) }];
  }),
);

/** As PostgreSQL prints it. */
export function textOf({ type, read }: Column, row: Row): string | null {
  const value = read(row);
  if (value === null || value === undefined) return null;
  if (type === 'boolean') return value ? 't' : 'f';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
