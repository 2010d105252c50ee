/** Who blocks whom, by application, with the sentence that says it. */
import { type ComponentChild, h } from 'preact';
import type { LockRow } from '../../api/index.ts';
import { formatCount, formatLoad, formatMicroseconds } from '../../base/units.ts';
import { type Earlier, earlierOf, type Rows } from '../data/rows.ts';
import { type BlockerSum, blockersOf, blockerWords, mainState, mainStatement } from './lock-tree.ts';
import { Panel } from './panel.ts';
import { openQuery, QueryCell } from './query-cell.ts';
import { oneLine } from './sql.ts';
import { type Column, Table } from './table.ts';

interface BlockerProps {
  readonly title: string;
  readonly locks: Rows<LockRow>;
  readonly earlier?: Earlier<LockRow> | undefined;
}

const MOST_SENTENCES = 4;

export function BlockerTable({ title, locks, earlier }: BlockerProps): ComponentChild {
  const sums = blockersOf(locks.rows);
  const windowUs = locks.window?.window_us ?? 1;
  const sentences = sums.slice(0, MOST_SENTENCES).map((sum) => sentenceOf(sum, windowUs));
  return h(Panel, { title, of: locks, earlier }, [
    sums.length > 0 &&
      h(
        'div',
        { class: 'story' },
        sentences.map((sentence, at) => h('p', { key: at }, sentence)),
      ),
    h(Table<BlockerSum>, {
      name: 'blockers',
      caption: title,
      columns: columnsOf(windowUs, earlier?.window?.window_us ?? windowUs),
      rows: sums,
      earlier: earlierOf(earlier, blockersOf),
      keyOf: ({ application, user }: BlockerSum) => JSON.stringify([application, user]),
      sort: 'keeps waiting',
      data: ({ application }: BlockerSum) => ({ blocker: application ?? '' }),
      onOpen: ({ queries }: BlockerSum) => openQuery(mainStatement(queries)),
      empty: 'Nobody waited for a lock in this window.',
    }),
  ]);
}

function sentenceOf(sum: BlockerSum, windowUs: number): string {
  const waiter = oneLine(mainStatement(sum.waiters).query ?? 'a statement that was not seen', 90);
  const { query } = mainStatement(sum.queries);
  const did = query === null ? '' : `; it executed ${oneLine(query, 90)}`;
  const much = `keeps ${formatLoad(sum.waitUs / windowUs)} sessions waiting, up to ${formatMicroseconds(sum.maxUs)} each`;
  return `${blockerWords(sum)} ${much}: ${waiter}${did}.`;
}

const columnsOf = (windowUs: number, earlierUs: number): readonly Column<BlockerSum>[] => [
  {
    title: 'keeps waiting',
    means: 'sessions at a moment, on average',
    value: ({ waitUs }) => waitUs / windowUs,
    valueBefore: ({ waitUs }) => waitUs / earlierUs,
    cell: ({ waitUs }) => formatLoad(waitUs / windowUs),
    change: formatLoad,
  },
  { title: 'waits', value: ({ count }) => count, cell: ({ count }) => formatCount(count), wide: true },
  { title: 'longest', value: ({ maxUs }) => maxUs, cell: ({ maxUs }) => formatMicroseconds(maxUs) },
  {
    title: 'blocker',
    value: ({ application }) => application,
    cell: ({ application, user, pids }) =>
      `${application ?? user ?? 'not known'}: ${pids.size === 1 ? `process ${[...pids][0]}` : `${pids.size} sessions`}`,
    kind: 'text',
  },
  { title: 'its state', means: 'most of the time', value: mainState, cell: mainState, kind: 'text', wide: true },
  {
    title: 'what it executed',
    value: ({ queries }) => mainStatement(queries).query,
    cell: ({ queries }) => h(QueryCell, mainStatement(queries)),
    kind: 'query',
  },
];
