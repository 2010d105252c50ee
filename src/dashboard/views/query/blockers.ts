/** Who holds the locks that a query waits for, and who waits for it. */
import { type ComponentChild, h } from 'preact';
import type { LockRow } from '../../../api/index.ts';
import { earlierOf, useEarlierRows, useRows } from '../../data/rows.ts';
import { BlockerTable } from '../../ui/blocker-table.ts';

export function Blockers({ fingerprint }: { readonly fingerprint: string }): ComponentChild {
  const locks = useRows('locks');
  const earlier = useEarlierRows('locks');
  const its = (rows: readonly LockRow[]): LockRow[] => rows.filter((row) => row.waiter_fingerprint === fingerprint);
  return h(BlockerTable, {
    title: 'Who blocks it',
    locks: { ...locks, rows: its(locks.rows) },
    earlier: earlierOf(earlier, its),
  });
}
