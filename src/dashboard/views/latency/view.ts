/** View 4: latencies over time as a heatmap; a box in it selects the executions that lie there. */
import { type ComponentChild, h } from 'preact';
import { ExecutionTable } from '../../ui/execution-table.ts';
import { LatencyMap } from '../../ui/latency-map.ts';
import { Panel } from '../../ui/panel.ts';
import { TopQueries } from '../../ui/top-queries.ts';

export function LatencyView(): ComponentChild {
  return h('div', {}, [
    h(
      Panel,
      { title: 'Latencies', note: 'click a cell, or drag a box: the executions that lie there are listed below' },
      h(LatencyMap, { height: 300 }),
    ),
    h(ExecutionTable, { title: 'Slow executions' }),
    h(TopQueries, { title: 'Statements' }),
  ]);
}
