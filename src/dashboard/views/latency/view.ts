/** View 4: latencies over time as a heatmap; a box in it selects the executions that lie there. */
import { type ComponentChild, h } from 'preact';
import { withOwn } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { ExecutionTable } from '../../ui/execution-table.ts';
import { boxOf, LatencyMap } from '../../ui/latency-map.ts';
import { Panel } from '../../ui/panel.ts';
import { TopQueries } from '../../ui/top-queries.ts';

export function LatencyView(): ComponentChild {
  const { place } = store.state;
  const box = boxOf(place);
  return h('div', {}, [
    h(Panel, { title: 'Latencies', note: 'drag a box to see what lies in it' }, h(LatencyMap, { height: 300 })),
    box && h('p', {}, h('button', { type: 'button', onClick: () => store.go(withOwn(place, { box: '' })) }, 'no box')),
    h(ExecutionTable, { title: box ? 'Executions in the box' : 'Slow executions', box }),
    h(TopQueries, { title: 'Statements' }),
  ]);
}
