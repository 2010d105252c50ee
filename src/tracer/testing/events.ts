/** What a script told a program, for tests: all events, the rows of a map, warnings. */
import type { TraceEvent, TraceMap } from '../library.ts';

export async function all(events: AsyncIterable<TraceEvent>): Promise<TraceEvent[]> {
  const found: TraceEvent[] = [];
  for await (const event of events) found.push(event);
  return found;
}

/** None of a map that was not printed. */
export function rowsOf(events: readonly TraceEvent[], name: string): TraceMap['rows'] {
  return events.flatMap((event) => (event.kind === 'map' && event.map.name === name ? event.map.rows : []));
}

export const troublesOf = (events: readonly TraceEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'trouble' ? event.message : []));
