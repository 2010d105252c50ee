/** View 2, top SQL: all statements of the window. */
import { type ComponentChild, h } from 'preact';
import { LoadChart } from '../../ui/load-chart.ts';
import { Search } from '../../ui/search.ts';
import { TopQueries } from '../../ui/top-queries.ts';

export function QueriesView(): ComponentChild {
  return h('div', {}, [
    h(LoadChart, { title: 'Active sessions', by: 'wait_event_type', height: 90, showsCpus: true }),
    h('div', { class: 'tools' }, h(Search, { label: 'search the texts' })),
    h(TopQueries, { title: 'Statements' }),
  ]);
}
