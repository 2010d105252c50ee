/** What other systems collect: Prometheus. */
export type { Family, HistogramSample, Labels, Sample } from './metric.ts';
export { formatProtobuf, PROTOBUF_TYPE } from './prometheus/protobuf.ts';
export { formatText, TEXT_TYPE } from './prometheus/text.ts';
export { type TopSeries, TopTracker } from './top-series.ts';
