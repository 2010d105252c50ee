/** View 5: slow executions one by one, each as a waterfall of what it did. */
import { type ComponentChild, h } from 'preact';
import type { ExecutionRow } from '../../../api/index.ts';
import { formatBytes, formatCount, formatMicroseconds } from '../../../base/units.ts';
import { useRows } from '../../data/rows.ts';
import { PlaceLink } from '../../frame/navigation.ts';
import { store } from '../../state/store.ts';
import { ExecutionTable, executionKey } from '../../ui/execution-table.ts';
import { FullText } from '../../ui/full-text.ts';
import { momentText } from '../../ui/moment.ts';
import { Panel } from '../../ui/panel.ts';
import { queryPlace } from '../../ui/query-cell.ts';
import { Waterfall } from '../../ui/waterfall.ts';

export function ExecutionsView(): ComponentChild {
  const { rows } = useRows('executions');
  const wanted = store.state.place.own.execution;
  const chosen = rows.find((row) => executionKey(row) === wanted) ?? slowestOf(rows);
  return h('div', {}, [
    chosen && h(One, { row: chosen, isChosen: wanted !== undefined }),
    chosen?.fingerprint != null && h(FullText, { fingerprint: chosen.fingerprint }),
    h(ExecutionTable, { title: 'Slow executions' }),
  ]);
}

const slowestOf = (rows: readonly ExecutionRow[]): ExecutionRow | undefined =>
  rows.reduce<ExecutionRow | undefined>(
    (slowest, row) => (row.latency_us > (slowest?.latency_us ?? 0) ? row : slowest),
    undefined,
  );

function One({ row, isChosen }: { readonly row: ExecutionRow; readonly isChosen: boolean }): ComponentChild {
  const blocks = `${formatCount(row.shared_blks_hit)} blocks found in shared buffers, ${formatCount(row.shared_blks_read)} read`;
  return h(
    Panel,
    {
      title: isChosen ? 'One execution' : 'The slowest',
      note: `process ${row.pid}, ${momentText(row.started)}`,
    },
    [
      h('p', {}, [
        `${formatMicroseconds(row.latency_us)}: ${formatMicroseconds(row.on_cpu_us)} on a CPU, ${formatMicroseconds(row.run_queue_us)} waiting for one, `,
        `${formatMicroseconds(row.off_cpu_us)} asleep; ${blocks}, ${formatBytes(row.wal_bytes)} of WAL${takenBy(row)}`,
        row.errors > 0 && ', failed',
        row.fingerprint !== null && [
          ' · ',
          h(PlaceLink, { to: queryPlace(row.fingerprint), children: 'all executions of this query' }),
        ],
      ]),
      h(Waterfall, { row }),
    ],
  );
}

/** What else it took, where that is known: rows of an older history have no such fields. */
function takenBy({ rows, sent_bytes, temp_files, memory_grown_bytes }: Partial<ExecutionRow>): string {
  const parts = [
    rows == null ? [] : `${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'}`,
    sent_bytes == null ? [] : `${formatBytes(sent_bytes)} sent`,
    temp_files ? `${formatCount(temp_files)} temporary ${temp_files === 1 ? 'file' : 'files'}` : [],
    memory_grown_bytes ? `grown by ${formatBytes(memory_grown_bytes)}` : [],
  ].flat();
  return parts.map((part) => `, ${part}`).join('');
}
