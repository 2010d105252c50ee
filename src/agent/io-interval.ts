/** Requests to block devices between two readings, as history keeps them: counts, and times in whole µs. */
import { type Histogram, Slab } from '../aggregate/index.ts';
import {
  DataFiles,
  type Doer,
  doerFields,
  FILE_RULES,
  IO_RULES,
  type IoFileTotals,
  type IoOtherTotals,
  type IoTotals,
  type IoTotalsRow,
  peakSince,
} from '../collect/attribution/index.ts';
import type { Interval, Sample, Series } from '../store/index.ts';
import { type Grown, grownOf } from './grown.ts';

/** Files of one interval that keep their names, those with the most bytes; all others of a doer are one without. */
const MOST_FILES = 200;

export class IoIntervals {
  readonly #host: string;
  readonly #paths = new Map<string, DataFiles>();
  /** As they were when a sample last told of them: counts and latencies are read one after the other. */
  readonly #told = new Map<string, Histogram>();
  #last: IoTotals;
  /** The number of the reading that the interval begins with. */
  #since = 0;

  constructor(host: string, first: IoTotals) {
    this.#host = host;
    for (const [key, { latency }] of first.requests) this.#told.set(key, latency);
    this.#last = first;
  }

  advance(now: IoTotals): Pick<Interval['samples'], 'io' | 'io_files' | 'io_others'> {
    const last = this.#last;
    this.#last = now;
    this.#since = last.reading;
    for (const key of this.#told.keys()) if (!now.requests.has(key)) this.#told.delete(key);
    const { take } = new Slab();
    const requests = grownOf(IO_RULES, readRequests, now.requests, last.requests, take);
    const files = grownOf(FILE_RULES, ({ counters }, into) => into.set(counters), now.files, last.files, take);
    const others = grownOf(IO_RULES, readRequests, now.others, last.others, take);
    return {
      io: requests.map((grown) => this.#requestSample(grown)),
      io_files: this.#fileSamples(files),
      io_others: others.map(({ totals, growth }) => this.#otherSample(totals, growth)),
    };
  }

  #requestSample({ key, totals, growth, before }: Grown<IoTotalsRow>): Sample {
    const [count = 0, bytes = 0, byWorkers = 0, us = 0] = growth;
    const histogram = totals.latency.since(before && this.#told.get(key));
    this.#told.set(key, totals.latency);
    const max = Math.floor(peakSince(totals.peaks[0], this.#since) / 1000);
    const values = Float64Array.of(count, bytes, byWorkers, us, max, 0);
    return { series: [...this.#doer(totals.doer), totals.device, totals.operation], values, histogram };
  }

  #fileSamples(grown: readonly Grown<IoFileTotals>[]): Sample[] {
    const sums = new Map<string, Sample>();
    const ranked = grown.toSorted((a, b) => b.growth[1]! - a.growth[1]!);
    for (const [at, { totals, growth }] of ranked.entries()) {
      const path = at < MOST_FILES ? this.#pathOf(totals) : null;
      const series = [...this.#doer(totals.doer), path, totals.device, totals.operation];
      const key = JSON.stringify(series);
      const known = sums.get(key);
      if (known) for (const [index, value] of growth.entries()) known.values[index]! += value;
      else sums.set(key, { series, values: growth.slice() });
    }
    return [...sums.values()];
  }

  /** Looked up at once: later the file may be gone. */
  #pathOf({ doer: { cluster }, inode }: IoFileTotals): string | null {
    const files = this.#paths.get(cluster.pgdata) ?? new DataFiles(cluster.pgdata);
    this.#paths.set(cluster.pgdata, files);
    return files.pathOf(inode) ?? null;
  }

  #otherSample({ process, isKernel, device, operation }: IoOtherTotals, growth: Float64Array): Sample {
    const [count = 0, bytes = 0, , us = 0] = growth;
    return {
      series: [this.#host, process, isKernel ? 'yes' : 'no', device, operation],
      values: Float64Array.of(count, bytes, us),
    };
  }

  #doer(doer: Doer): Series {
    const { backend_type, database, user, query_id, fingerprint } = doerFields(doer);
    const { pgdata, systemIdentifier } = doer.cluster;
    return [this.#host, pgdata, systemIdentifier, database, user, backend_type, query_id, fingerprint];
  }
}

const NS = 3;

/** Sums are rounded before they are subtracted: however many intervals are added, the sum is off by less than a µs. */
function readRequests({ counters }: { readonly counters: Float64Array }, into: Float64Array): void {
  into.set(counters);
  into[NS] = Math.floor(into[NS]! / 1000);
}
