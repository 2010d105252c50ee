/** Prometheus' binary format: the only one with native histograms (io.prometheus.client.MetricFamily, client_model/metrics.proto). */
import type { Family, HistogramSample, Labels } from '../metric.ts';
import { Message } from '../protobuf.ts';
import { classicBuckets, nativeSpans } from './buckets.ts';

export const PROTOBUF_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const TYPES = { counter: 0, gauge: 1, histogram: 4 } as const;

export const formatProtobuf = (families: readonly Family[]): Buffer =>
  Buffer.concat(families.map((family) => familyMessage(family).delimited()));

function familyMessage(family: Family): Message {
  const message = new Message().text(1, family.name).text(2, family.help).uint(3, TYPES[family.type]);
  if (family.type === 'histogram') {
    for (const sample of family.samples) message.message(4, metric(sample.labels).message(7, histogramMessage(sample)));
  } else {
    const field = family.type === 'gauge' ? 2 : 3;
    for (const { labels, value } of family.samples) {
      message.message(4, metric(labels).message(field, new Message().double(1, value)));
    }
  }
  return message;
}

function metric(labels: Labels): Message {
  const message = new Message();
  for (const [name, value] of Object.entries(labels)) message.message(1, new Message().text(1, name).text(2, value));
  return message;
}

function histogramMessage({ histogram, sumSeconds }: HistogramSample): Message {
  const message = new Message().uint(1, histogram.total).double(2, sumSeconds);
  for (const { le, count } of classicBuckets(histogram)) message.message(3, new Message().uint(1, count).double(2, le));
  message.sint(5, histogram.scale).double(6, 1e-9).uint(7, histogram.zeros);
  const spans = nativeSpans(histogram);
  for (const { offset, counts } of spans) message.message(12, new Message().sint(1, offset).uint(2, counts.length));
  let last = 0;
  for (const count of spans.flatMap(({ counts }) => counts)) {
    message.sint(13, count - last);
    last = count;
  }
  return message;
}
