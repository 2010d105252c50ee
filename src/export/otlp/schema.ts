/**
 * The messages of OTLP that are sent, with the numbers of their fields (opentelemetry-proto 1.x: common/v1/common.proto,
 * resource/v1/resource.proto, metrics/v1/metrics.proto, trace/v1/trace.proto, collector/{metrics,trace}/v1).
 */
import type { Fields, Value } from './message.ts';

const ANY_VALUE = {
  stringValue: [1, 'text'],
  boolValue: [2, 'bool'],
  intValue: [3, 'int64'],
  doubleValue: [4, 'double'],
} as const satisfies Fields;
const KEY_VALUE = { key: [1, 'text'], value: [2, ANY_VALUE] } as const satisfies Fields;
const RESOURCE = { attributes: [1, [KEY_VALUE]] } as const satisfies Fields;
const SCOPE = { name: [1, 'text'], version: [2, 'text'] } as const satisfies Fields;

const NUMBER_POINT = {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  asDouble: [4, 'double'],
  attributes: [7, [KEY_VALUE]],
} as const satisfies Fields;
const BUCKETS = { offset: [1, 'sint32'], bucketCounts: [2, ['uint64']] } as const satisfies Fields;
const EXPONENTIAL_POINT = {
  attributes: [1, [KEY_VALUE]],
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  scale: [6, 'sint32'],
  zeroCount: [7, 'fixed64'],
  positive: [8, BUCKETS],
} as const satisfies Fields;
const METRIC = {
  name: [1, 'text'],
  description: [2, 'text'],
  unit: [3, 'text'],
  gauge: [5, { dataPoints: [1, [NUMBER_POINT]] }],
  sum: [7, { dataPoints: [1, [NUMBER_POINT]], aggregationTemporality: [2, 'enum'], isMonotonic: [3, 'bool'] }],
  exponentialHistogram: [10, { dataPoints: [1, [EXPONENTIAL_POINT]], aggregationTemporality: [2, 'enum'] }],
} as const satisfies Fields;
const SCOPE_METRICS = { scope: [1, SCOPE], metrics: [2, [METRIC]] } as const satisfies Fields;
const RESOURCE_METRICS = { resource: [1, RESOURCE], scopeMetrics: [2, [SCOPE_METRICS]] } as const satisfies Fields;
export const METRICS_REQUEST = { resourceMetrics: [1, [RESOURCE_METRICS]] } as const satisfies Fields;

const SPAN = {
  traceId: [1, 'hex'],
  spanId: [2, 'hex'],
  parentSpanId: [4, 'hex'],
  name: [5, 'text'],
  kind: [6, 'enum'],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  attributes: [9, [KEY_VALUE]],
  status: [15, { message: [2, 'text'], code: [3, 'enum'] }],
} as const satisfies Fields;
const SCOPE_SPANS = { scope: [1, SCOPE], spans: [2, [SPAN]] } as const satisfies Fields;
const RESOURCE_SPANS = { resource: [1, RESOURCE], scopeSpans: [2, [SCOPE_SPANS]] } as const satisfies Fields;
export const TRACE_REQUEST = { resourceSpans: [1, [RESOURCE_SPANS]] } as const satisfies Fields;

export type KeyValue = Value<typeof KEY_VALUE>;
export type Metric = Value<typeof METRIC>;
export type MetricsRequest = Value<typeof METRICS_REQUEST>;
export type Span = Value<typeof SPAN>;
export type ResourceSpans = Value<typeof RESOURCE_SPANS>;
export type TraceRequest = Value<typeof TRACE_REQUEST>;

/** AggregationTemporality: sums since their start. */
export const CUMULATIVE = 2;
export const SPAN_KIND = { internal: 1, server: 2 } as const;
export const STATUS_ERROR = 2;
