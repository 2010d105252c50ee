/** Tools whose figures the rows of queries keep, too: what each shows of the past. */
import type { QueryRow } from '../../api/index.ts';
import { bytesColumn, type Column, countColumn, textColumn, timeColumn } from '../../terminal/index.ts';
import { oneLine } from '../depth/print.ts';

export type Columns = readonly [by: Column<QueryRow>, ...others: Column<QueryRow>[]];

/** Ordered by the first; rows that have none of it are left out. */
export const OF_QUERIES: Readonly<Record<string, Columns>> = {
  pgbuf: [
    countColumn('read', (row) => row.shared_blks_read),
    countColumn('hit', (row) => row.shared_blks_hit),
    countColumn('dirtied', (row) => row.shared_blks_dirtied),
    countColumn('written', (row) => row.shared_blks_written),
  ],
  pgerrors: [countColumn('errors', (row) => row.errors), textColumn('by sqlstate', sqlstates)],
  pgmem: [
    bytesColumn('grown', (row) => row.memory_grown_bytes ?? undefined),
    bytesColumn('kept', (row) => row.memory_kept_bytes ?? undefined),
    bytesColumn('most', (row) => row.memory_max_bytes ?? undefined),
  ],
  pgnet: [
    bytesColumn('sent', (row) => row.sent_bytes ?? undefined),
    bytesColumn('received', (row) => row.received_bytes ?? undefined),
  ],
  pgphases: [
    timeColumn('execute', (row) => row.phases_us?.execute),
    timeColumn('prepare', (row) => row.phases_us?.prepare),
    timeColumn('commit', (row) => row.phases_us?.commit),
  ],
  pgrunq: [
    timeColumn('run queue', (row) => row.run_queue_us),
    timeColumn('on cpu', (row) => row.on_cpu_us),
    timeColumn('to start', (row) => row.start_delay_us),
  ],
  pgtemp: [
    bytesColumn('bytes', (row) => row.temp_file_bytes ?? undefined),
    countColumn('files', (row) => row.temp_files ?? undefined),
    countColumn('blocks', (row) => row.temp_blks_written),
  ],
  pgwal: [
    bytesColumn('bytes', (row) => row.wal_bytes),
    countColumn('records', (row) => row.wal_records),
    countColumn('pages', (row) => row.wal_fpi),
  ],
};

export const hasAny = ([by]: Columns, row: QueryRow): boolean => Number(by.order(row)) > 0;

/** Of a table in the order of the tool's first. */
export const viewOf = (
  columns: Columns,
): { readonly columns: readonly Column<QueryRow>[]; readonly sorted: string } => ({
  columns: [
    ...columns,
    countColumn('requests', (row) => row.requests),
    textColumn('database', ({ database }) => database ?? undefined),
    textColumn('query', ({ query }) => oneLine(query), { flexible: true }),
  ],
  sorted: columns[0].title,
});

function sqlstates({ sqlstates: counts }: QueryRow): string | undefined {
  return counts === null
    ? undefined
    : Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .map(([state, count]) => `${state} ${count}`)
        .join(', ');
}
