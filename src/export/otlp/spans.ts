/** Slow executions as traces of OTLP: a span for the request, and one below it for each of its sleeps. */
import { randomBytes } from 'node:crypto';
import type { ExecutionRow, ExecutionStep } from '../../api/index.ts';
import { attributes, type Sender, scopeOf, unixNano } from './attributes.ts';
import { type ResourceSpans, SPAN_KIND, type Span, STATUS_ERROR, type TraceRequest } from './schema.ts';

/** The part of a service that a trace shows: each cluster is one. */
export function traceRequest(rows: readonly ExecutionRow[], sender: Sender): TraceRequest {
  const clusters = Map.groupBy(rows, ({ cluster }) => cluster);
  return { resourceSpans: [...clusters].map(([cluster, own]) => clusterSpans(cluster, own, sender)) };
}

function clusterSpans(cluster: string, rows: readonly ExecutionRow[], sender: Sender): ResourceSpans {
  const resource = {
    'service.name': 'postgresql',
    'service.instance.id': `${sender.host}:${cluster}`,
    'host.name': sender.host,
    'pebble.cluster': cluster,
  };
  return {
    resource: { attributes: attributes(resource) },
    scopeSpans: [{ scope: scopeOf(sender), spans: rows.flatMap(spansOf) }],
  };
}

function spansOf(row: ExecutionRow): Span[] {
  const ids = { traceId: randomId(16), spanId: randomId(8) };
  return [rootSpan(row, ids), ...row.steps.map((step) => stepSpan(step, row, ids))];
}

interface Ids {
  readonly traceId: string;
  readonly spanId: string;
}

const randomId = (bytes: number): string => randomBytes(bytes).toString('hex');

function rootSpan(row: ExecutionRow, ids: Ids): Span {
  const operation = operationOf(row.query);
  const { pid, calls, errors, on_cpu_us, off_cpu_us, run_queue_us, wal_bytes, steps_lost } = row;
  const { shared_blks_hit, shared_blks_read, shared_blks_dirtied, temp_blks_read, temp_blks_written } = row;
  const measured = {
    calls,
    errors,
    on_cpu_us,
    off_cpu_us,
    run_queue_us,
    shared_blks_hit,
    shared_blks_read,
    shared_blks_dirtied,
    temp_blks_read,
    temp_blks_written,
    wal_bytes,
    steps_lost,
    inexact: row.inexact.join(',') || null,
  };
  return {
    ...ids,
    ...lastsFor(row, 0, row.latency_us),
    name: [operation ?? row.backend_type, row.database].filter(Boolean).join(' '),
    kind: SPAN_KIND.server,
    attributes: attributes({
      'db.system.name': 'postgresql',
      'db.namespace': row.database,
      'db.operation.name': operation,
      'db.query.text': row.query,
      'postgresql.queryid': row.query_id,
      'postgresql.rolname': row.user,
      'postgresql.pid': pid,
      'pebble.fingerprint': row.fingerprint,
      ...Object.fromEntries(Object.entries(measured).map(([name, value]) => [`pebble.${name}`, value])),
    }),
    ...(errors > 0 && { status: { code: STATUS_ERROR, message: 'the statement failed' } }),
  };
}

/** The first word of a statement that begins with one. */
const operationOf = (query: string | null): string | null =>
  /^\s*\(?\s*([a-z]+)/i.exec(query ?? '')?.[1]?.toUpperCase() ?? null;

function stepSpan(step: ExecutionStep, row: ExecutionRow, { traceId, spanId }: Ids): Span {
  const { wait_event_type: type, wait_event: event } = step;
  return {
    traceId,
    spanId: randomId(8),
    parentSpanId: spanId,
    ...lastsFor(row, step.at_us, step.us),
    name: type === null ? 'preempted' : `${type}: ${event}`,
    kind: SPAN_KIND.internal,
    attributes: attributes({
      'postgresql.wait_event_type': type,
      'postgresql.wait_event': event,
      'pebble.sleeps': step.count,
      'pebble.run_queue_us': step.run_queue_us,
      'pebble.blocker_pid': step.blocker_pid,
      'pebble.inner_query': step.inner_query,
    }),
  };
}

function lastsFor({ started }: ExecutionRow, atUs: number, us: number) {
  const startMs = Date.parse(started) + atUs / 1000;
  return { startTimeUnixNano: unixNano(startMs), endTimeUnixNano: unixNano(startMs + us / 1000) };
}
