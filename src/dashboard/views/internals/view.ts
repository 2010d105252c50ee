/** View 12: lightweight locks and buffers that sessions and background processes fight over. */
import { type ComponentChild, h } from 'preact';
import type { AnyWaitRow } from '../../../api/index.ts';
import { useEarlierRows, useRows } from '../../data/rows.ts';
import { LoadChart } from '../../ui/load-chart.ts';
import { WaitTable } from '../../ui/wait-table.ts';

const INTERNAL = new Set(['LWLock', 'BufferPin', 'Buffer']);

export function InternalsView(): ComponentChild {
  const waits = useRows('waits');
  const earlierWaits = useEarlierRows('waits');
  const internal = (row: AnyWaitRow): boolean => INTERNAL.has(row.wait_event_type);
  return h('div', {}, [
    h(LoadChart, {
      title: 'Sessions that wait for lightweight locks',
      by: 'wait_event',
      params: { wait_event_type: 'LWLock' },
      height: 150,
    }),
    h(WaitTable, {
      title: 'Lightweight locks and buffers',
      waits,
      earlier: earlierWaits,
      isWanted: internal,
      showsProcess: true,
      name: 'internals',
    }),
  ]);
}
