/** Which series a request adds together: what it leaves of the identity of each. */
import { KINDS, partAt } from './kinds.ts';
import type { Series, SumRequest } from './store.ts';

/** The identity of the sum that a series belongs to; nothing where it is not asked for. */
export function groupingOf({
  kind,
  where = {},
  known = [],
  by,
  apart,
}: SumRequest): (series: Series) => Series | undefined {
  const wanted = Object.entries(where).map(([name, value]) => [partAt(kind, name), value] as const);
  const needed = known.map((name) => partAt(kind, name));
  const keeps = KINDS[kind].identity.map((name) => by === undefined || by.includes(name));
  const named = apart && { at: partAt(kind, apart.part), values: new Set<string | null>(apart.values) };
  const isOther = (part: string | null, at: number): boolean => at === named?.at && !named.values.has(part);
  return (series) => {
    if (wanted.some(([at, value]) => series[at] !== value)) return undefined;
    if (needed.some((at) => series[at] === null)) return undefined;
    return series.map((part, at) => (keeps[at] && !isOther(part, at) ? part : null));
  };
}
