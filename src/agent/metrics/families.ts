/** What the agent exports: a bounded number of queries, waits, and itself. Names and labels are a contract (docs/metrics.md). */
import type { AgentStatus } from '../../api/index.ts';
import {
  eventOf,
  type QueryCounter,
  type QueryTotals,
  type Totals,
  type WaitTotals,
} from '../../collect/attribution/index.ts';
import type { Family, Labels } from '../../export/index.ts';
import { at, ClusterSeries, type SeriesRow } from './cluster-series.ts';
import { Gone } from './gone.ts';

const BLOCK = 8192;
const NANOSECONDS = 1e9;

interface QueryMetric {
  readonly name: string;
  readonly help: string;
  readonly counters: readonly QueryCounter[];
  /** What one of the counter is of the metric's unit. */
  readonly unit?: number;
  /** Absent: always. */
  readonly isKnown?: (values: Float64Array) => boolean;
}

const time = (name: string, help: string, ...counters: QueryCounter[]): QueryMetric => ({
  name,
  help,
  counters,
  unit: 1 / NANOSECONDS,
});

/** With the signal `resources` only. */
const resource = (name: string, help: string, counter: QueryCounter): QueryMetric => ({
  name,
  help,
  counters: [counter],
  isKnown: (values) => values[at('measured')]! > 0,
});

const QUERY_METRICS: readonly QueryMetric[] = [
  { name: 'pebble_query_requests_total', help: 'Round trips.', counters: ['requests'] },
  { name: 'pebble_query_calls_total', help: 'Executions, failed ones included.', counters: ['calls'] },
  { name: 'pebble_query_errors_total', help: 'Failed executions.', counters: ['errors'] },
  time('pebble_query_cpu_seconds_total', 'Time on a CPU, parallel workers included.', 'on_cpu', 'parallel_on_cpu'),
  time('pebble_query_wait_seconds_total', 'Time asleep: locks, disks, other processes.', 'off_cpu'),
  time('pebble_query_run_queue_seconds_total', 'Time ready to run, waiting for a CPU.', 'run_queue'),
  {
    name: 'pebble_query_shared_hit_bytes_total',
    help: 'Blocks found in shared buffers.',
    counters: ['shared_hit'],
    unit: BLOCK,
  },
  {
    name: 'pebble_query_shared_read_bytes_total',
    help: 'Blocks read into shared buffers.',
    counters: ['shared_read'],
    unit: BLOCK,
  },
  {
    name: 'pebble_query_shared_dirtied_bytes_total',
    help: 'Blocks changed first.',
    counters: ['shared_dirtied'],
    unit: BLOCK,
  },
  {
    name: 'pebble_query_temp_written_bytes_total',
    help: 'Written to temporary files.',
    counters: ['temp_written'],
    unit: BLOCK,
  },
  { name: 'pebble_query_wal_bytes_total', help: 'Write-ahead log.', counters: ['wal_bytes'] },
  {
    ...time('pebble_query_prepare_cpu_seconds_total', 'CPU time of parsing and planning, by a clock.', 'prepare'),
    isKnown: (values) => values[at('phased')]! > 0,
  },
  resource('pebble_query_rows_total', 'Rows returned or changed.', 'rows'),
  resource('pebble_query_received_bytes_total', 'Received from clients.', 'received'),
  resource('pebble_query_sent_bytes_total', 'Sent to clients.', 'sent'),
  resource('pebble_query_major_faults_total', 'Page faults that read a device.', 'major_faults'),
  {
    ...resource('pebble_query_temp_files_total', 'Temporary files, when they are deleted.', 'temp_files'),
    isKnown: (values) => values[at('measured')]! > values[at('temp_unseen')]!,
  },
  {
    ...resource('pebble_query_memory_grown_bytes_total', 'Private memory taken above what was there.', 'memory_grown'),
    isKnown: (values) => values[at('memory_max')]! > 0,
  },
];

const LATENCY = 'pebble_query_latency_seconds';
export class MetricFamilies {
  readonly #gone: Gone = new Gone();
  readonly #mostQueries: number;
  readonly #clusters = new Map<string, ClusterSeries>();

  /** `mostQueries`: of each cluster. */
  constructor(mostQueries: number) {
    this.#mostQueries = mostQueries;
  }

  /** Readings must be given in order: counters of queries with a series of their own begin when they get it. */
  of(totals: Totals, status: AgentStatus): Family[] {
    this.#gone.advance(totals);
    const executed = [...totals.queries].filter(([, { identity }]) => identity.executes);
    this.#advance(executed, totals.wallMs);
    const series = [...this.#clusters.values()];
    const rows = series.flatMap((one) => one.rows);
    const shown = rows.filter(({ query }) => query !== undefined);
    return [
      ...queryFamilies(rows),
      {
        name: LATENCY,
        help: 'Latency of round trips, as the server sees it.',
        type: 'histogram',
        samples: series.flatMap(({ latencies }) => latencies),
      },
      infoFamily(shown),
      ...waitFamilies([...totals.waits.values(), ...this.#gone.waits]),
      failureFamily([...totals.queries.values(), ...this.#gone.failures]),
      ...agentFamilies(status, totals.dropped, { shown: shown.length, all: executed.length }),
    ];
  }

  #advance(executed: readonly (readonly [string, QueryTotals])[], atMs: number): void {
    const own = Map.groupBy(executed, ([, { cluster }]) => cluster.pgdata);
    for (const cluster of own.keys()) {
      if (!this.#clusters.has(cluster)) this.#clusters.set(cluster, new ClusterSeries(cluster, this.#mostQueries));
    }
    for (const [cluster, series] of this.#clusters) series.advance(new Map(own.get(cluster) ?? []), atMs);
  }
}

function queryFamilies(rows: readonly SeriesRow[]): Family[] {
  return QUERY_METRICS.map(({ name, help, counters, unit = 1, isKnown = () => true }) => ({
    name,
    help,
    type: 'counter',
    samples: rows
      .filter(({ values }) => isKnown(values))
      .map(({ labels, values, sinceMs }) => ({
        labels,
        sinceMs,
        value: counters.reduce((sum, counter) => sum + (values[at(counter)] ?? 0), 0) * unit,
      })),
  }));
}

const LONGEST_TEXT = 500;

function infoFamily(series: readonly SeriesRow[]): Family {
  const texts = new Map(
    series.map(({ labels, query }) => [
      `${labels.cluster} ${labels.queryid}`,
      { cluster: labels.cluster!, queryid: labels.queryid!, query: (query ?? '').slice(0, LONGEST_TEXT) },
    ]),
  );
  return {
    name: 'pebble_query_info',
    help: 'Normalised texts of the queries that have series of their own.',
    type: 'gauge',
    samples: [...texts.values()].map((labels) => ({ labels, value: 1 })),
  };
}

/** By event and kind of process: bounded by PostgreSQL's own list of events. */
function waitFamilies(waits: readonly WaitTotals[]): Family[] {
  const sums = new Map<string, { labels: Labels; ns: number; count: number }>();
  for (const { cluster, identity, event, counters } of waits) {
    const { type, event: name } = eventOf(cluster.major, event);
    const backend_type = cluster.backendTypes[identity.backendType] ?? 'unknown';
    const labels = { cluster: cluster.pgdata, backend_type, wait_event_type: type, wait_event: name };
    const key = JSON.stringify(labels);
    const sum = sums.get(key) ?? { labels, ns: 0, count: 0 };
    sum.ns += counters[0]!;
    sum.count += counters[1]!;
    sums.set(key, sum);
  }
  const rows = [...sums.values()];
  return [
    {
      name: 'pebble_wait_seconds_total',
      help: 'Time that processes waited for an event.',
      type: 'counter',
      samples: rows.map(({ labels, ns }) => ({ labels, value: ns / NANOSECONDS })),
    },
    {
      name: 'pebble_waits_total',
      help: 'How often processes waited for an event.',
      type: 'counter',
      samples: rows.map(({ labels, count }) => ({ labels, value: count })),
    },
  ];
}

/** By cluster and SQLSTATE: bounded by PostgreSQL's own list of codes. */
function failureFamily(queries: readonly Pick<QueryTotals, 'cluster' | 'failures'>[]): Family {
  const sums = new Map<string, { readonly labels: Labels; value: number }>();
  for (const { cluster, failures } of queries) {
    for (const [code, count] of failures) {
      const labels = { cluster: cluster.pgdata, sqlstate: code || 'unknown' };
      const key = JSON.stringify(labels);
      const sum = sums.get(key) ?? { labels, value: 0 };
      sum.value += count;
      sums.set(key, sum);
    }
  }
  const help = 'Failed executions by SQLSTATE.';
  return { name: 'pebble_errors_total', help, type: 'counter', samples: [...sums.values()] };
}

function agentFamilies(
  { cost, history, clusters, started, otlp }: AgentStatus,
  dropped: number,
  queries: { shown: number; all: number },
): Family[] {
  const one = (type: 'counter' | 'gauge', name: string, help: string, value: number): Family => ({
    name,
    help,
    type,
    samples: [{ labels: {}, value }],
  });
  const exported = otlp
    ? [
        one('counter', 'pebble_otlp_requests_total', 'Requests that the receiver of OTLP took.', otlp.sent),
        one('counter', 'pebble_otlp_lost_requests_total', 'Requests that were refused or given up.', otlp.lost),
        one(
          'counter',
          'pebble_otlp_rejected_items_total',
          'Data points and spans that the receiver left out.',
          otlp.rejected_items,
        ),
        one('gauge', 'pebble_otlp_pending_requests', 'Requests that wait for the receiver.', otlp.pending),
      ]
    : [];
  const uptime = (Date.now() - Date.parse(started)) / 1000;
  return [
    {
      name: 'pebble_cluster_watched',
      help: 'Clusters that are watched.',
      type: 'gauge',
      samples: clusters.map(({ pgdata, major }) => ({ labels: { cluster: pgdata, major: String(major) }, value: 1 })),
    },
    one(
      'counter',
      'pebble_agent_cpu_seconds_total',
      'CPU time of the agent.',
      process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    ),
    one('gauge', 'pebble_agent_resident_memory_bytes', 'Memory of the agent.', cost.rss_bytes),
    one('gauge', 'pebble_agent_bpf_memory_bytes', 'Memory of its eBPF maps.', cost.bpf_memory_bytes),
    one('gauge', 'pebble_agent_uptime_seconds', 'Time since the agent was started.', uptime),
    one(
      'counter',
      'pebble_agent_dropped_events_total',
      'Events that found no room on their way to the agent.',
      dropped,
    ),
    one('gauge', 'pebble_agent_queries', 'Queries that the agent tells apart.', queries.all),
    one(
      'counter',
      'pebble_agent_forgotten_queries_total',
      'Queries that rested longest and were forgotten: there were too many.',
      cost.forgotten_queries,
    ),
    one('gauge', 'pebble_agent_queries_exported', 'Queries that have series of their own.', queries.shown),
    one('gauge', 'pebble_history_bytes', 'Size of the history.', history.bytes),
    one('gauge', 'pebble_history_pending_intervals', 'Intervals that wait to be written.', history.pending_intervals),
    one('counter', 'pebble_history_lost_intervals_total', 'Intervals that were given up.', history.lost_intervals),
    ...exported,
  ];
}
