/** The metrics of `/metrics` as OTLP has them: cumulative sums, gauges, exponential histograms of seconds. */
import { nativeShift } from '../exponential-seconds.ts';
import type { Family, HistogramSample, Labels, Sample } from '../metric.ts';
import { attributes, type Sender, scopeOf, unixNano } from './attributes.ts';
import { CUMULATIVE, type KeyValue, type Metric, type MetricsRequest } from './schema.ts';

export interface Moment {
  /** Where a series does not say when it began, it did at the start of the agent. */
  readonly startMs: number;
  readonly nowMs: number;
}

export function metricsRequest(families: readonly Family[], sender: Sender, moment: Moment): MetricsRequest {
  const resource = {
    'service.name': 'pebble',
    'service.version': sender.version,
    'service.instance.id': sender.host,
    'host.name': sender.host,
  };
  const metrics = families.filter(({ samples }) => samples.length > 0).map((family) => metricOf(family, moment));
  return {
    resourceMetrics: [
      { resource: { attributes: attributes(resource) }, scopeMetrics: [{ scope: scopeOf(sender), metrics }] },
    ],
  };
}

/** Endings of Prometheus' names and the units that they are for (UCUM). */
const UNITS: readonly (readonly [ending: string, unit: string])[] = [
  ['_seconds', 's'],
  ['_bytes', 'By'],
];

/**
 * Names as those of `/metrics`: dots for the first two underscores, without the ending that says unit and type. Whoever turns them
 * into Prometheus' names by OpenTelemetry's rules has the same ones again.
 */
function nameAndUnit(name: string): { readonly name: string; readonly unit: string } {
  const stem = name.replace(/_total$/, '');
  const [ending, unit] = UNITS.find(([some]) => stem.endsWith(some)) ?? ['', '1'];
  return {
    name: stem
      .slice(0, stem.length - ending.length)
      .replace('_', '.')
      .replace('_', '.'),
    unit,
  };
}

function metricOf(family: Family, moment: Moment): Metric {
  const head = { ...nameAndUnit(family.name), description: family.help };
  if (family.type === 'histogram') {
    const dataPoints = family.samples.map((sample) => histogramPoint(sample, moment));
    return { ...head, exponentialHistogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
  }
  if (family.type === 'gauge')
    return { ...head, gauge: { dataPoints: family.samples.map((one) => point(one, moment)) } };
  const dataPoints = family.samples.map((sample) => ({ ...startOf(sample, moment), ...point(sample, moment) }));
  return { ...head, sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
}

const point = ({ labels, value }: Sample, { nowMs }: Moment) => ({
  timeUnixNano: unixNano(nowMs),
  asDouble: value,
  attributes: attributesOf(labels),
});

const startOf = ({ sinceMs }: Pick<Sample, 'sinceMs'>, { startMs }: Moment) => ({
  startTimeUnixNano: unixNano(sinceMs ?? startMs),
});

/** OTLP's bucket i of scale s begins at 2^(i / 2^s), as ours do, in seconds instead of ns. */
function histogramPoint(sample: HistogramSample, moment: Moment) {
  const { histogram, labels, sumSeconds } = sample;
  return {
    ...startOf(sample, moment),
    timeUnixNano: unixNano(moment.nowMs),
    attributes: attributesOf(labels),
    count: String(histogram.total),
    sum: sumSeconds,
    scale: histogram.scale,
    zeroCount: String(histogram.zeros),
    positive: {
      offset: histogram.offset + nativeShift(histogram.scale),
      bucketCounts: Array.from(histogram.counts, String),
    },
  };
}

/** OpenTelemetry's names where it has them: of its conventions for databases, and of its collector's receiver for PostgreSQL. */
const NAMES: Readonly<Record<string, string>> = {
  datname: 'db.namespace',
  usename: 'postgresql.rolname',
  queryid: 'postgresql.queryid',
  query: 'db.query.text',
  wait_event_type: 'postgresql.wait_event_type',
  wait_event: 'postgresql.wait_event',
};

function attributesOf(labels: Labels): KeyValue[] {
  const named = Object.entries(labels).map(([name, value]) => [NAMES[name] ?? `pebble.${name}`, value]);
  const ofDatabase = 'cluster' in labels ? { 'db.system.name': 'postgresql' } : {};
  return attributes({ ...ofDatabase, ...Object.fromEntries(named) });
}
