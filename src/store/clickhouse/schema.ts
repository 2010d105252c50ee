/**
 * The tables: for each kind the samples as agents append them, and sums of minutes and hours that the server
 * makes of them by itself. With a cluster the tables of the nodes are replicated, and those of all together distributed.
 *
 * Aggregate states and old syntax only: servers from 18.16 on take it; TTLs came with 19.6.
 */
import { KIND_NAMES, KINDS, type KindName } from '../kinds.ts';
import { LEVEL_MS } from '../levels.ts';

export interface SchemaOptions {
  readonly database: string;
  readonly cluster?: string | undefined;
  /** Of 10 s, 1 min, 1 h. */
  readonly keepMs: readonly number[];
  readonly hasTtl: boolean;
}

/** Names of the levels of LEVEL_MS; what agents append has none. A day is 24 hours: a table more costs at each insert. */
export const LEVEL_NAMES = ['', '_1min', '_1h'] as const;

export const tableOf = (kind: KindName, level: number): string => `${kind}${LEVEL_NAMES[level]}`;

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly engine: 'ReplacingMergeTree' | 'AggregatingMergeTree';
  readonly version?: string;
  readonly partition: string;
  readonly order: string;
  /** Of which column, and how long. */
  readonly ttl: readonly [column: string, ms: number];
}

export const schema = (options: SchemaOptions): string[] => [...createTables(options), ...createViews(options)];

export function createTables(options: SchemaOptions): string[] {
  const { database, cluster } = options;
  return [
    `CREATE DATABASE IF NOT EXISTS ${database}${onCluster(cluster)}`,
    ...tablesOf(options).flatMap((table) => create(table, options)),
  ];
}

/** Their tables have all columns: the server looks at the query of a view that is there, too. */
export const createViews = (options: SchemaOptions): string[] =>
  VIEWS.map(([kind, level]) => view(kind, level, options));

/** Columns by table, views among them. */
export type Existing = ReadonlyMap<string, ReadonlySet<string>>;

/** What the tables of an earlier Pebble lack; views that lack it go, and what is inserted until they are made anew is missing from their sums. */
export function additions(options: SchemaOptions, there: Existing): string[] {
  const { database, cluster } = options;
  const alter = (name: string, change: string): string =>
    `ALTER TABLE ${database}.${name}${onCluster(cluster)} ${change}`;
  const columns = tablesOf(options).flatMap((table) =>
    (cluster === undefined ? [''] : ['_node', '']).flatMap((ending) => {
      const name = `${table.name}${ending}`;
      const own = there.get(name);
      const missing = table.columns.filter((column) => own && !own.has(nameOf(column)));
      // Rows that differ in the new column only are to be told apart by it.
      const isKey = missing.some((column) => column.includes('Nullable'));
      const series = table.columns.filter((column) => isKey && column.startsWith('series UInt64 DEFAULT'));
      return [
        ...missing.map((column) => alter(name, `ADD COLUMN ${column}`)),
        ...series.map((column) => alter(name, `MODIFY COLUMN ${column}`)),
      ];
    }),
  );
  const views = VIEWS.flatMap(([kind, level]) => {
    const name = `${tableOf(kind, level)}_view`;
    const own = there.get(name);
    if (!own || sums(kind, level, options.keepMs).columns.every((column) => own.has(nameOf(column)))) return [];
    return [`DROP TABLE IF EXISTS ${database}.${name}${onCluster(cluster)}`];
  });
  return [...columns, ...views];
}

const nameOf = (column: string): string => column.slice(0, column.indexOf(' '));

const VIEWS = KIND_NAMES.flatMap((kind) => LEVEL_NAMES.slice(1).map((_, at) => [kind, at + 1] as const));

const tablesOf = ({ keepMs }: SchemaOptions): Table[] => [
  ...KIND_NAMES.flatMap((kind) =>
    LEVEL_NAMES.map((_, level) => (level === 0 ? samples(kind, keepMs) : sums(kind, level, keepMs))),
  ),
  ...others(keepMs),
];

const WHEN = ['start_ms UInt64', 'time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000))'];

const identity = (kind: KindName): string[] =>
  KINDS[kind].identity.map((name) => `${name} ${name === 'host' ? 'String' : 'Nullable(String)'}`);

/** One number for what tells series apart, for the order of rows only. */
const seriesOf = (kind: KindName): string => `cityHash64(${partsOf(kind).join(', ')})`;

const partsOf = (kind: KindName): string[] =>
  KINDS[kind].identity.map((name) => (name === 'host' ? name : `ifNull(${name}, '')`));

/** ReplacingMergeTree: should a row ever be there twice, merges leave one. */
function samples(kind: KindName, keepMs: readonly number[]): Table {
  const { counters, histogram } = KINDS[kind];
  return {
    name: kind,
    columns: [
      'flush_id String',
      ...WHEN,
      ...identity(kind),
      `series UInt64 DEFAULT ${seriesOf(kind)}`,
      ...Object.keys(counters).map((name) => `${name} UInt64`),
      ...(histogram === null ? [] : ['zeros UInt64', 'buckets Array(Int32)', 'counts Array(UInt64)']),
    ],
    engine: 'ReplacingMergeTree',
    partition: 'toYYYYMMDD(time)',
    order: 'host, intDiv(start_ms, 3600000), series, start_ms, flush_id',
    ttl: ['time', keepMs[0]!],
  };
}

function sums(kind: KindName, level: number, keepMs: readonly number[]): Table {
  const { counters, histogram } = KINDS[kind];
  return {
    name: tableOf(kind, level),
    columns: [
      'from_ms UInt64',
      'time DateTime',
      ...identity(kind),
      'series UInt64',
      ...Object.entries(counters).map(([name, rule]) => `${name} AggregateFunction(${rule}, UInt64)`),
      ...(histogram === null
        ? []
        : ['zeros AggregateFunction(sum, UInt64)', 'histogram AggregateFunction(sumMap, Array(Int32), Array(UInt64))']),
    ],
    engine: 'AggregatingMergeTree',
    partition: 'toYYYYMM(time)',
    // Current servers want every part in it.
    order: ['host', 'from_ms', 'series', ...partsOf(kind).filter((part) => part !== 'host')].join(', '),
    ttl: ['time', keepMs[level]!],
  };
}

function view(kind: KindName, level: number, { database, cluster }: SchemaOptions): string {
  const { counters, histogram } = KINDS[kind];
  const grid = LEVEL_MS[level]!;
  const from = `intDiv(start_ms, ${grid}) * ${grid}`;
  const parts = KINDS[kind].identity;
  const states = [
    ...Object.entries(counters).map(([name, rule]) => `${rule}State(${name}) AS ${name}`),
    ...(histogram === null ? [] : ['sumState(zeros) AS zeros', 'sumMapState(buckets, counts) AS histogram']),
  ];
  const node = cluster === undefined ? '' : '_node';
  const name = tableOf(kind, level);
  return [
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.${name}_view${onCluster(cluster)} TO ${database}.${name}${node} AS`,
    `SELECT ${from} AS from_ms, toDateTime(intDiv(${from}, 1000)) AS time, ${parts.join(', ')}, series, ${states.join(', ')}`,
    `FROM ${database}.${kind}${node} GROUP BY from_ms, time, ${parts.join(', ')}, series`,
  ].join('\n');
}

function others(keepMs: readonly number[]): Table[] {
  const longest = Math.max(...keepMs);
  return [
    {
      name: 'intervals',
      columns: ['flush_id String', ...WHEN, 'host String', 'observed_us UInt64', 'coverage UInt8', 'dropped UInt64'],
      engine: 'ReplacingMergeTree',
      partition: 'toYYYYMM(time)',
      order: 'host, start_ms, flush_id',
      ttl: ['time', longest],
    },
    {
      name: 'records',
      columns: [
        'kind String',
        'host String',
        'cluster String',
        'id String',
        'from_ms UInt64',
        'to_ms UInt64',
        'time DateTime DEFAULT toDateTime(intDiv(to_ms, 1000))',
        'body String',
        'version UInt64',
      ],
      engine: 'ReplacingMergeTree',
      version: 'version',
      partition: 'toYYYYMM(time)',
      order: 'kind, host, cluster, id',
      ttl: ['time', keepMs[1]!],
    },
    {
      name: 'texts',
      columns: ['fingerprint String', 'text String', 'is_whole UInt8', 'seen DateTime DEFAULT now()'],
      engine: 'ReplacingMergeTree',
      version: 'is_whole',
      partition: 'tuple()',
      order: 'fingerprint',
      ttl: ['seen', longest],
    },
  ];
}

const onCluster = (cluster: string | undefined): string => (cluster === undefined ? '' : ` ON CLUSTER ${cluster}`);

/** A row stays on the shard that its host, or its text, chooses. */
const SHARD: Readonly<Record<string, string>> = { texts: 'fingerprint' };

function create(table: Table, { database, cluster, hasTtl }: SchemaOptions): string[] {
  const { name, columns, engine, version = '', partition, order, ttl } = table;
  const isReplicated = cluster !== undefined;
  const node = `${database}.${name}${isReplicated ? '_node' : ''}`;
  const path = `'/clickhouse/tables/{shard}/${database}/${name}', '{replica}'`;
  const parameters = [isReplicated ? path : '', version].filter(Boolean).join(', ');
  const made = [
    `CREATE TABLE IF NOT EXISTS ${node}${onCluster(cluster)} (\n  ${columns.join(',\n  ')}\n)`,
    `ENGINE = ${isReplicated ? 'Replicated' : ''}${engine}(${parameters})`,
    ...(partition === 'tuple()' ? [] : [`PARTITION BY ${partition}`]),
    `ORDER BY (${order})`,
    ...(hasTtl ? [`TTL ${ttl[0]} + INTERVAL ${Math.ceil(ttl[1] / 1000)} SECOND`] : []),
  ].join('\n');
  if (!isReplicated) return [made];
  const shard = `cityHash64(${SHARD[name] ?? 'host'})`;
  return [
    made,
    `CREATE TABLE IF NOT EXISTS ${database}.${name}${onCluster(cluster)} AS ${node}\nENGINE = Distributed(${cluster}, ${database}, ${name}_node, ${shard})`,
  ];
}
