/** View: what is waited for, by event: how often, how long, and by whom. */
import { type ComponentChild, h } from 'preact';
import type { AnyWaitRow } from '../../../api/index.ts';
import { useEarlierRows, useRows } from '../../data/rows.ts';
import { LoadChart } from '../../ui/load-chart.ts';
import { WaitTable } from '../../ui/wait-table.ts';

export function WaitsView(): ComponentChild {
  const waits = useRows('waits');
  const earlierWaits = useEarlierRows('waits');
  const ofSessions = (row: AnyWaitRow): boolean => row.fingerprint !== null;
  return h('div', {}, [
    h(LoadChart, { title: 'Sessions by wait event', by: 'wait_event', height: 180 }),
    h(WaitTable, { title: 'Waits of sessions', waits, earlier: earlierWaits, isWanted: ofSessions }),
  ]);
}
