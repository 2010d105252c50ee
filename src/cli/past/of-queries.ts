/** Tools whose figures the rows of queries keep, too: what each shows of the past. */
import type { QueryRow } from '../../api/index.ts';
import { bytesColumn, type Column, countColumn, textColumn, timeColumn } from '../../terminal/index.ts';
import { oneLine } from '../depth/print.ts';

type Columns = readonly [by: Column<QueryRow>, ...others: Column<QueryRow>[]];

const requests = countColumn<QueryRow>('requests', (row) => row.requests);

/** Ordered by the first; rows that have none of it are left out. */
const OF_QUERIES = {
  pgbuf: [
    countColumn('read', (row) => row.shared_blks_read),
    countColumn('hit', (row) => row.shared_blks_hit),
    countColumn('dirtied', (row) => row.shared_blks_dirtied),
    countColumn('written', (row) => row.shared_blks_written),
    requests,
  ],
  pgerrors: [countColumn('errors', (row) => row.errors), textColumn('by sqlstate', sqlstates), requests],
  pgmem: [
    bytesColumn('grown', (row) => row.memory_grown_bytes ?? undefined),
    bytesColumn('kept', (row) => row.memory_kept_bytes ?? undefined),
    bytesColumn('most', (row) => row.memory_max_bytes ?? undefined),
    requests,
  ],
  pgnet: [
    bytesColumn('sent', (row) => row.sent_bytes ?? undefined),
    bytesColumn('received', (row) => row.received_bytes ?? undefined),
    requests,
  ],
  pgphases: [
    timeColumn('execute', (row) => row.phases_us?.execute),
    timeColumn('prepare', (row) => row.phases_us?.prepare),
    timeColumn('commit', (row) => row.phases_us?.commit),
    requests,
  ],
  pgrunq: [
    timeColumn('run queue', (row) => row.run_queue_us),
    timeColumn('on cpu', (row) => row.on_cpu_us),
    timeColumn('to start', (row) => row.start_delay_us),
    requests,
  ],
  pgtemp: [
    bytesColumn('bytes', (row) => row.temp_file_bytes ?? undefined),
    countColumn('files', (row) => row.temp_files ?? undefined),
    countColumn('blocks', (row) => row.temp_blks_written),
    requests,
  ],
  pgwal: [
    bytesColumn('bytes', (row) => row.wal_bytes),
    countColumn('records', (row) => row.wal_records),
    countColumn('pages', (row) => row.wal_fpi),
    requests,
  ],
} as const satisfies Readonly<Record<string, Columns>>;

export type OfQueries = keyof typeof OF_QUERIES;

export const isOfQueries = (tool: string): tool is OfQueries => Object.hasOwn(OF_QUERIES, tool);

export const hasAny = (tool: OfQueries, row: QueryRow): boolean => Number(OF_QUERIES[tool][0].order(row)) > 0;

/** Of a table in the order of the tool's first. */
export const columnsOf = (
  tool: OfQueries,
): { readonly columns: readonly Column<QueryRow>[]; readonly sorted: string } => ({
  columns: [
    ...(OF_QUERIES[tool] as Columns),
    textColumn('database', ({ database }) => database ?? undefined),
    textColumn('query', ({ query }) => oneLine(query), { flexible: true }),
  ],
  sorted: OF_QUERIES[tool][0].title,
});

function sqlstates({ sqlstates: counts }: QueryRow): string | undefined {
  return counts === null
    ? undefined
    : Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .map(([state, count]) => `${state} ${count}`)
        .join(', ');
}
