/** Who asked between two readings, as history keeps it: requests, and times in whole µs. */
import { mergeRow, type TakeNumbers } from '../aggregate/index.ts';
import { type ClientTotals, OTHER_CLIENTS, type Totals } from '../collect/attribution/index.ts';
import { rulesOf, type Sample, type Series } from '../store/index.ts';
import { type Grown, grownOf } from './grown.ts';

/** Of one interval that keep their names, those with the most time; all others of a cluster are one. */
const MOST_CLIENTS = 200;

export function clientSamples(host: string, now: Totals, last: Totals, take: TakeNumbers): Sample[] {
  const rules = rulesOf('clients');
  const grown = grownOf(rules, readClient, now.clients, last.clients, take);
  const ranked = grown.sort((a, b) => timeOf(b) - timeOf(a));
  const sums = new Map<string, Sample>();
  for (const [at, { totals, growth }] of ranked.entries()) {
    const series = seriesOf(host, totals, at < MOST_CLIENTS);
    const key = JSON.stringify(series);
    const known = sums.get(key);
    if (known) mergeRow(rules, known.values, growth);
    else sums.set(key, { series, values: growth });
  }
  return [...sums.values()];
}

function seriesOf(host: string, { cluster, database, user, application, client }: ClientTotals, isNamed: boolean) {
  const where: Series = [host, cluster.pgdata, cluster.systemIdentifier];
  return [...where, ...(isNamed ? [database, user, application, client] : [null, null, OTHER_CLIENTS, null])];
}

const timeOf = ({ growth: [, onCpu = 0, offCpu = 0, runQueue = 0] }: Grown<ClientTotals>): number =>
  onCpu + offCpu + runQueue;

/** Sums are rounded before they are subtracted: however many intervals are added, the sum is off by less than a µs. */
function readClient({ counters }: ClientTotals, into: Float64Array): void {
  into[0] = counters[0]!;
  for (let at = 1; at < into.length; at++) into[at] = Math.floor(counters[at]! / 1000);
}
