/** The text format: what goes to standard output for each kind of event, letter for letter as bpftrace 0.26.1 writes it. */
import { histogramText } from './histogram-text.ts';
import type { MapValue } from './merge.ts';
import type { OutputFormat } from './output-format.ts';
import type { ByteText } from './printable.ts';
import { keyText, textOf } from './printable-text.ts';
import type { MapSnapshot } from './snapshot.ts';
import { timeSeriesText } from './time-series-text.ts';

export const textFormat: OutputFormat = {
  map: mapText,
  value: (value) => `${textOf(value)}\n`,
  printf: (text) => text,
  time: (text) => text,
  cat: (text) => text,
  join: (text) => `${text}\n`,
  system: (text) => `${text}\n`,
  emit: (name, value) => `${name} ${textOf(value)}\n`,
  benchmarks: (results) => {
    const rows = results.map(({ name, average, iterations }) => benchRow(name, `${average}`, `${iterations}`));
    return `${benchRow('Benchmark', 'Time(ns)', 'Iterations')}${'-'.repeat(BENCH_WIDTH)}\n${rows.join('')}`;
  },
  end: () => '\n\n',
};

const BENCH_WIDTH = 66;
const benchRow = (name: string, time: string, iterations: string): string =>
  `${name.padEnd(41)}${time.padEnd(15)}${iterations}\n`;

function mapText({ name, scalar, rows }: MapSnapshot): ByteText {
  if (scalar) return rows.map(({ value }) => `${name}:${isBlock(value) ? '\n' : ' '}${valueText(value)}\n`).join('');
  return rows
    .map(({ key, value }) => `${name}[${keyText(key)}]:${isBlock(value) ? '\n' : ' '}${valueText(value)}\n`)
    .join('');
}

/** Takes lines of its own. */
function isBlock(value: MapValue): boolean {
  return value !== null && typeof value === 'object' && (value.kind === 'histogram' || value.kind === 'timeSeries');
}

function valueText(value: MapValue): ByteText {
  if (value !== null && typeof value === 'object') {
    if (value.kind === 'histogram') return histogramText(value);
    if (value.kind === 'timeSeries') return timeSeriesText(value);
  }
  return textOf(value);
}
