/** Prometheus' text format, with classic histograms. */
import type { Family, HistogramSample, Labels } from '../metric.ts';
import { classicBuckets } from './buckets.ts';

export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function formatText(families: readonly Family[]): string {
  return families.map((family) => `${header(family)}${lines(family).join('\n')}\n`).join('');
}

const header = ({ name, help, type }: Family): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

function lines(family: Family): string[] {
  if (family.type === 'histogram') return family.samples.flatMap((sample) => histogramLines(family.name, sample));
  return family.samples.map(({ labels, value }) => line(family.name, labels, value));
}

function histogramLines(name: string, { labels, histogram, sumSeconds }: HistogramSample): string[] {
  const buckets = classicBuckets(histogram).map(({ le, count }) =>
    line(`${name}_bucket`, { ...labels, le: String(le) }, count),
  );
  const total = histogram.total;
  return [
    ...buckets,
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, total),
    line(`${name}_sum`, labels, sumSeconds),
    line(`${name}_count`, labels, total),
  ];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

const escaped = (text: string): string => text.replace(/[\\\n"]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
