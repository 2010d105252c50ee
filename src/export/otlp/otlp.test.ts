/** OTLP read back by the decoder that OpenTelemetry generates from its own definitions; JSON says the same as protobuf. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { Histogram } from '../../aggregate/index.ts';
import type { ExecutionRow } from '../../api/index.ts';
import type { Family } from '../metric.ts';
import { formatText } from '../prometheus/text.ts';
import { encodeMetrics, encodeTrace, metricsRequest, rejectionOf, traceRequest } from './index.ts';

const { opentelemetry } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root.js');
const { metrics, trace } = opentelemetry.proto.collector;
const METRICS = metrics.v1.ExportMetricsServiceRequest;
const TRACE = trace.v1.ExportTraceServiceRequest;
const PLAIN = { longs: String, bytes: String };

const SENDER = { host: 'shop1', version: '1.2.3' };
const MOMENT = { startMs: 1_700_000_000_000, nowMs: 1_700_000_060_000.25 };
const LATENCY = new Histogram();
LATENCY.add(0);
LATENCY.add(1_000_000, 5);
LATENCY.add(3_000_000_000);

const FAMILIES: readonly Family[] = [
  {
    name: 'pebble_query_run_queue_seconds_total',
    help: 'Waiting for a CPU.',
    type: 'counter',
    samples: [
      {
        labels: { cluster: '/data', datname: 'd', usename: 'ü', queryid: '-7' },
        value: 1.5,
        sinceMs: 1_700_000_030_000,
      },
    ],
  },
  { name: 'pebble_agent_bpf_memory_bytes', help: 'Maps.', type: 'gauge', samples: [{ labels: {}, value: 2 ** 40 }] },
  {
    name: 'pebble_query_latency_seconds',
    help: 'Latency.',
    type: 'histogram',
    samples: [{ labels: { queryid: 'other' }, histogram: LATENCY, sumSeconds: 3.005 }],
  },
  { name: 'pebble_cluster_watched', help: 'None.', type: 'gauge', samples: [] },
];

const EXECUTION: ExecutionRow = {
  cluster: '/data',
  system_identifier: '1',
  window_start: '2026-01-31T12:00:00.000Z',
  window_us: 5_000_000,
  coverage: 'exact',
  inexact: [],
  dropped: 0,
  backend_type: 'client backend',
  database: 'd',
  user: 'u',
  query_id: '-17',
  fingerprint: '3',
  query: 'update a set b = $1',
  query_truncated: false,
  pid: 4711,
  started: '2026-01-31T12:00:00.250Z',
  latency_us: 1_500_000.5,
  on_cpu_us: 100.25,
  off_cpu_us: 1_499_000,
  run_queue_us: 900.25,
  calls: 1,
  errors: 1,
  shared_blks_hit: 3,
  shared_blks_read: 0,
  shared_blks_dirtied: 1,
  temp_blks_read: 0,
  temp_blks_written: 0,
  wal_bytes: 64,
  rows: 1,
  received_bytes: 60,
  sent_bytes: 90,
  temp_files: 0,
  temp_file_bytes: 0,
  major_faults: 0,
  memory_grown_bytes: 0,
  steps: [
    {
      at_us: 10,
      us: 1_499_000,
      run_queue_us: 5,
      wait_event_type: 'Lock',
      wait_event: 'transactionid',
      count: 2,
      blocker_pid: 4242,
      phase: null,
      inner_query: 'SELECT $1 FROM ONLY p FOR KEY SHARE',
      inner_fingerprint: '12',
    },
    {
      at_us: 1_499_500,
      us: 5,
      run_queue_us: 5,
      wait_event_type: null,
      wait_event: null,
      count: 1,
      blocker_pid: null,
      phase: null,
      inner_query: null,
      inner_fingerprint: null,
    },
  ],
  steps_lost: 0,
};

const attributesOf = (list: { key: string; value: object }[]) =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));

test("metrics: sums with their starts, gauges, exponential histograms, by OpenTelemetry's names", () => {
  const { resourceMetrics } = METRICS.toObject(
    METRICS.decode(encodeMetrics(metricsRequest(FAMILIES, SENDER, MOMENT))),
    PLAIN,
  );
  assert.deepEqual(attributesOf(resourceMetrics[0].resource.attributes), {
    'service.name': 'pebble',
    'service.version': '1.2.3',
    'service.instance.id': 'shop1',
    'host.name': 'shop1',
  });
  const [counter, gauge, histogram, ...others] = resourceMetrics[0].scopeMetrics[0].metrics;
  assert.deepEqual(others, []);
  assert.deepEqual([counter.name, counter.unit], ['pebble.query.run_queue', 's']);
  assert.deepEqual([counter.sum.isMonotonic, counter.sum.aggregationTemporality], [true, 2]);
  const [{ attributes, ...point }] = counter.sum.dataPoints;
  assert.deepEqual(point, {
    startTimeUnixNano: '1700000030000000000',
    timeUnixNano: '1700000060000250000',
    asDouble: 1.5,
  });
  assert.deepEqual(attributesOf(attributes), {
    'db.system.name': 'postgresql',
    'pebble.cluster': '/data',
    'db.namespace': 'd',
    'postgresql.rolname': 'ü',
    'postgresql.queryid': '-7',
  });
  assert.deepEqual(
    [gauge.name, gauge.unit, gauge.gauge.dataPoints[0].asDouble],
    ['pebble.agent.bpf_memory', 'By', 2 ** 40],
  );
  const [distribution] = histogram.exponentialHistogram.dataPoints;
  assert.equal(distribution.startTimeUnixNano, '1700000000000000000');
  assert.deepEqual([distribution.count, distribution.sum, distribution.zeroCount], ['7', 3.005, '1']);
  assert.deepEqual(
    boundsOf(distribution).map(({ count }) => count),
    [5, 1],
  );
  for (const [at, seconds] of [0.001, 3].entries()) {
    const { from, to } = boundsOf(distribution)[at]!;
    // Bounds are moved by 1.6 % at most.
    assert.ok(from < seconds * 1.017 && to > seconds * 0.983, `${seconds} s in ${from} to ${to}`);
  }
});

/** As the data model says: bucket i of scale s is of values above 2^(i / 2^s). */
function boundsOf({ scale, positive }: { scale: number; positive: { offset: number; bucketCounts: string[] } }) {
  const bound = (index: number): number => 2 ** ((positive.offset + index) / 2 ** scale);
  return positive.bucketCounts.flatMap((count, index) =>
    count === '0' ? [] : [{ from: bound(index), to: bound(index + 1), count: Number(count) }],
  );
}

test("metrics: names that Prometheus makes of OpenTelemetry's are those of /metrics", () => {
  const { resourceMetrics } = metricsRequest(FAMILIES, SENDER, MOMENT);
  const units: Record<string, string> = { s: '_seconds', By: '_bytes', '1': '' };
  const names = resourceMetrics![0]!.scopeMetrics![0]!.metrics!.map(
    ({ name, unit, sum }) => `${name!.replaceAll('.', '_')}${units[unit!]}${sum ? '_total' : ''}`,
  );
  const text = formatText(FAMILIES.filter(({ samples }) => samples.length > 0));
  assert.deepEqual(
    names,
    [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
  );
});

test('traces: a request with its sleeps below it', () => {
  const { resourceSpans } = TRACE.toObject(TRACE.decode(encodeTrace(traceRequest([EXECUTION], SENDER))), PLAIN);
  const [root, lock, preempted] = resourceSpans[0].scopeSpans[0].spans;
  assert.deepEqual([root.name, root.kind, root.status.code], ['UPDATE d', 2, 2]);
  assert.equal(BigInt(root.endTimeUnixNano) - BigInt(root.startTimeUnixNano), 1_500_001_000n);
  assert.equal(Buffer.from(root.traceId, 'base64').length, 16);
  assert.deepEqual([lock.traceId, lock.parentSpanId], [root.traceId, root.spanId]);
  assert.equal(lock.name, 'Lock: transactionid');
  assert.equal(BigInt(lock.startTimeUnixNano) - BigInt(root.startTimeUnixNano), 10_000n);
  assert.equal(attributesOf(lock.attributes)['pebble.blocker_pid'], '4242');
  assert.equal(attributesOf(lock.attributes)['pebble.inner_query'], 'SELECT $1 FROM ONLY p FOR KEY SHARE');
  assert.equal(preempted.name, 'preempted');
  const named = attributesOf(root.attributes);
  assert.deepEqual(
    [named['db.query.text'], named['postgresql.queryid'], named['pebble.on_cpu_us'], named['pebble.wal_bytes']],
    ['update a set b = $1', '-17', 100.25, '64'],
  );
});

test('JSON says what protobuf says; ids are hexadecimal there', () => {
  const request = metricsRequest(FAMILIES, SENDER, MOMENT);
  const fromJson = METRICS.fromObject(JSON.parse(JSON.stringify(request)));
  assert.deepEqual(METRICS.toObject(fromJson, PLAIN), METRICS.toObject(METRICS.decode(encodeMetrics(request)), PLAIN));
  const traces = traceRequest([EXECUTION], SENDER);
  const json = JSON.parse(JSON.stringify(traces)).resourceSpans[0].scopeSpans[0].spans;
  const binary = TRACE.toObject(TRACE.decode(encodeTrace(traces)), PLAIN).resourceSpans[0].scopeSpans[0].spans;
  const hex = (text: string): string => Buffer.from(text, 'base64').toString('hex');
  assert.deepEqual(
    json.map(({ traceId, spanId, name }: Record<string, string>) => [traceId, spanId, name]),
    binary.map(({ traceId, spanId, name }: Record<string, string>) => [hex(traceId!), hex(spanId!), name]),
  );
});

test('answers: what a receiver left out of a request, in both encodings', () => {
  const message = metrics.v1.ExportMetricsServiceResponse.encode({
    partialSuccess: { rejectedDataPoints: 300, errorMessage: 'too many' },
  }).finish();
  assert.deepEqual(rejectionOf(Buffer.from(message), false), { items: 300, reason: 'too many' });
  assert.deepEqual(rejectionOf(Buffer.from('{"partialSuccess":{"rejectedSpans":"2"}}'), true), {
    items: 2,
    reason: '',
  });
  for (const [body, isJson] of [
    ['', true],
    ['', false],
    ['{}', true],
    ['\x0a\xff', false],
    ['<html>', true],
  ] as const) {
    assert.equal(rejectionOf(Buffer.from(body, 'latin1'), isJson), undefined);
  }
});
