/** What other systems collect: Prometheus, OpenTelemetry. */
export type { Family, HistogramSample, Labels, Sample } from './metric.ts';
export {
  encodeMetrics,
  encodeTrace,
  metricsRequest,
  type Rejection,
  rejectionOf,
  type Sender,
  traceRequest,
} from './otlp/index.ts';
export { formatProtobuf, PROTOBUF_TYPE } from './prometheus/protobuf.ts';
export { formatText, TEXT_TYPE } from './prometheus/text.ts';
export { type TopSeries, TopTracker } from './top-series.ts';
