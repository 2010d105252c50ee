/** An interval as rows of the tables. */
import { countersOf, KIND_NAMES, KINDS, type KindName } from '../kinds.ts';
import { COVERAGES, type Interval, type Sample } from '../store.ts';
import type { TableRow } from './link.ts';

export interface TableRows {
  readonly table: string;
  readonly rows: readonly TableRow[];
}

/** What was subtracted from a reading that was taken later can be a little below 0. */
const whole = (value: number): number => Math.max(0, Math.round(value));

/** The interval's own row comes last: where it is, all others are. `version` tells the latest of a document. */
export function rowsOf(interval: Interval, id: string, version: number): TableRows[] {
  const startMs = Math.round(interval.startMs);
  const head = { flush_id: id, start_ms: startMs };
  const samples = KIND_NAMES.map((kind) => ({
    table: kind,
    rows: (interval.samples[kind] ?? []).map((sample) => ({ ...head, ...sampleRow(kind, sample) })),
  }));
  const { host, durationUs, coverage, dropped, texts, records } = interval;
  const all = [
    ...samples,
    {
      table: 'texts',
      rows: [...texts].map(([fingerprint, { text, truncated }]) => ({
        fingerprint,
        text,
        is_whole: Number(!truncated),
      })),
    },
    {
      table: 'records',
      rows: records.map(({ kind, host: of, cluster, id: own, fromMs, toMs, body }) => ({
        kind,
        host: of,
        cluster,
        id: own,
        from_ms: whole(fromMs),
        to_ms: whole(toMs),
        body: JSON.stringify(body),
        version,
      })),
    },
    {
      table: 'intervals',
      rows: [{ ...head, host, observed_us: whole(durationUs), coverage: COVERAGES.indexOf(coverage), dropped }],
    },
  ];
  return all.filter(({ rows }) => rows.length > 0);
}

function sampleRow(kind: KindName, { series, values, histogram }: Sample): TableRow {
  const row: Record<string, TableRow[string]> = {};
  KINDS[kind].identity.forEach((name, at) => {
    row[name] = name === 'host' ? (series[at] ?? '') : (series[at] ?? null);
  });
  countersOf(kind).forEach((name, at) => {
    row[name] = whole(values[at]!);
  });
  if (KINDS[kind].histogram !== null) {
    const buckets = [...(histogram?.buckets() ?? [])];
    row.zeros = whole(histogram?.zeros ?? 0);
    row.buckets = buckets.map(({ index }) => index);
    row.counts = buckets.map(({ count }) => whole(count));
  }
  return row;
}
