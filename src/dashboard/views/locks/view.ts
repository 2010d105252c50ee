/** View 6: who waits for whom. */
import { type ComponentChild, h } from 'preact';
import type { WaitRow } from '../../../api/index.ts';
import { useRows } from '../../data/rows.ts';
import { Missing } from '../../ui/coverage.ts';
import { LoadChart } from '../../ui/load-chart.ts';
import { WaitTable } from '../../ui/wait-table.ts';

export function LocksView(): ComponentChild {
  const waits = useRows('waits');
  return h('div', {}, [
    h(LoadChart, {
      title: 'Sessions that wait for locks',
      by: 'fingerprint',
      params: { wait_event_type: 'Lock' },
      height: 150,
    }),
    h(Missing, { what: 'Blockers', reason: 'This agent does not follow locks.' }),
    h(WaitTable, {
      title: 'Waits for locks',
      waits,
      isWanted: (row: WaitRow) => row.wait_event_type === 'Lock',
      name: 'lock-waits',
    }),
  ]);
}
