/** What stands below a profile's stacks: the statement or the kind of process, and what it waited for. */
import type { ProfileRow } from '../../api/index.ts';

const MOST_CHARACTERS = 120;

/** A frame for what is executed inside of the statement; none at top level. */
export function innerLabels({ inner_query, inner_fingerprint }: ProfileRow): string[] {
  if (inner_fingerprint === null) return [];
  return [`▸ ${inner_query === null ? '(not known)' : short(inner_query)}`];
}

const short = (query: string): string => query.replace(/\s+/g, ' ').slice(0, MOST_CHARACTERS);

export function rootLabel(row: ProfileRow): string {
  const wait = row.kind === 'off_cpu' ? ` [waits: ${row.wait_event_type} ${row.wait_event}]` : '';
  return `${doerLabel(row)}${wait}`;
}

export function doerLabel({ query, query_id, fingerprint, backend_type }: ProfileRow): string {
  if (fingerprint === null) return backend_type;
  if (query !== null) return short(query);
  return query_id === null ? '(not known yet: parsing)' : `query ${query_id}`;
}
