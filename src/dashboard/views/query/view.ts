/** View 3, one query: in words, its time, its latencies, its waits, who blocks it, its full text. */
import { type ComponentChild, h } from 'preact';
import type { AnyQueryRow, MixAnswer } from '../../../api/index.ts';
import { formatBytes, formatCount, formatMicroseconds, formatRate, formatShare } from '../../../base/units.ts';
import { useEarlierRows, useRows } from '../../data/rows.ts';
import { calmly, placeParams, useAnswer } from '../../data/use-answer.ts';
import { PlaceLink } from '../../frame/navigation.ts';
import { movedTo } from '../../state/place.ts';
import { store } from '../../state/store.ts';
import { Figure } from '../../ui/coverage.ts';
import { ExecutionTable } from '../../ui/execution-table.ts';
import { FullText } from '../../ui/full-text.ts';
import { LatencyMap } from '../../ui/latency-map.ts';
import { LoadChart } from '../../ui/load-chart.ts';
import { Panel } from '../../ui/panel.ts';
import { TopQueries } from '../../ui/top-queries.ts';
import { WaitTable } from '../../ui/wait-table.ts';
import { Blockers } from './blockers.ts';
import { InnerTable } from './inner-table.ts';
import { Plan } from './plan.ts';
import { prepareShare, storyOf } from './story.ts';

export function QueryView(): ComponentChild {
  const { place } = store.state;
  if (place.facets.fingerprint === undefined) {
    return h('div', {}, [h('p', {}, 'Choose a statement:'), h(TopQueries, { title: 'Statements' })]);
  }
  return h(One, { fingerprint: place.facets.fingerprint });
}

function One({ fingerprint }: { readonly fingerprint: string }): ComponentChild {
  const { place } = store.state;
  const queries = useRows('queries');
  const waits = useRows('waits');
  const earlierWaits = useEarlierRows('waits');
  const { data: mixed } = useAnswer<MixAnswer>('/api/mix', placeParams(place), calmly(place));
  const rows = queries.rows.filter((row) => row.fingerprint === fingerprint);
  const mix = mixed?.mix[fingerprint] ?? {};
  return h('div', {}, [
    h(Panel, { title: 'In words', of: queries }, [
      rows.length === 0
        ? h('p', {}, 'It was not executed in this window.')
        : h(
            'div',
            { class: 'story' },
            storyOf(rows, mix, waits.rows).map((sentence) => h('p', { key: sentence }, sentence)),
          ),
      h('p', { class: 'links' }, [
        h(PlaceLink, { to: movedTo(place, 'flames'), children: 'its flame graph' }),
        h(PlaceLink, { to: movedTo(place, 'locks'), children: 'its locks' }),
        h(PlaceLink, { to: movedTo(place, 'io'), children: 'its I/O' }),
        h(PlaceLink, { to: movedTo(place, 'executions'), children: 'its slow executions' }),
      ]),
    ]),
    h(LoadChart, { title: 'Its sessions', by: 'wait_event_type', height: 150, showsCpus: true }),
    h(
      Panel,
      { title: 'Figures', of: queries },
      rows.map((row) => h(Figures, { key: `${row.cluster} ${row.database} ${row.user}`, row })),
    ),
    h(
      Panel,
      { title: 'Latencies', of: queries, note: 'click a cell, or drag a box: its executions are listed below' },
      h(LatencyMap, { height: 180 }),
    ),
    h(WaitTable, {
      title: 'What it waits for',
      waits,
      earlier: earlierWaits,
      isWanted: (row) => row.fingerprint === fingerprint,
    }),
    h(InnerTable, { waits, fingerprint }),
    h(Blockers, { fingerprint }),
    h(ExecutionTable, { title: 'Its slow executions' }),
    rows[0] && h(Plan, { row: rows[0] }),
    h(FullText, { fingerprint }),
  ]);
}

function Figures({ row }: { readonly row: AnyQueryRow }): ComponentChild {
  const { p50, p95, p99, max } = row.latency_us;
  const each = (sum: number | null): number | null =>
    sum === null || row.requests === null ? null : sum / Math.max(1, row.requests);
  const workers = row.parallel_on_cpu_us + row.parallel_off_cpu_us + (row.parallel_run_queue_us ?? 0);
  const temporary = row.temp_blks_read === null ? null : row.temp_blks_read + row.temp_blks_written;
  const prepared = row.phases_us && prepareShare([row.phases_us]);
  const calls = (count: number): string => `${formatCount(count)} (${formatRate((count * 1e6) / row.window_us)}/s)`;
  const facts: readonly (readonly [name: string, text: string, field: string])[] = [
    ['executions', known(row.calls, calls), 'calls'],
    ['failed', known(row.errors, formatCount), 'errors'],
    ['under way', formatCount(row.running), 'running'],
    ['p50', known(p50, formatMicroseconds), 'latency_us'],
    ['p95', known(p95, formatMicroseconds), 'latency_us'],
    ['p99', known(p99, formatMicroseconds), 'latency_us'],
    ['longest', known(max, formatMicroseconds), 'latency_us.max'],
    ['CPU each', known(each(row.on_cpu_us), formatMicroseconds), 'on_cpu_us'],
    ['asleep each', known(each(row.off_cpu_us), formatMicroseconds), 'off_cpu_us'],
    ['CPU queue each', known(each(row.run_queue_us), formatMicroseconds), 'run_queue_us'],
    ['parallel workers', formatMicroseconds(workers), 'parallel'],
    ['blocks found', known(row.shared_blks_hit, formatCount), 'shared_blks_hit'],
    ['blocks read', known(row.shared_blks_read, formatCount), 'shared_blks_read'],
    ['blocks dirtied', known(row.shared_blks_dirtied, formatCount), 'shared_blks_dirtied'],
    ['temporary blocks', known(temporary, formatCount), 'temp_blks_written'],
    ['WAL', known(row.wal_bytes, formatBytes), 'wal_bytes'],
    ['parsing and planning', known(prepared, formatShare), 'phases_us'],
    ['rows', known(row.rows, formatCount), 'rows'],
    ['received', known(row.received_bytes, formatBytes), 'received_bytes'],
    ['sent', known(row.sent_bytes, formatBytes), 'sent_bytes'],
    ['temporary files', known(row.temp_files, formatCount), 'temp_files'],
    ['memory grown each', known(each(row.memory_grown_bytes), formatBytes), 'memory_grown_bytes'],
    ['largest process', known(row.memory_max_bytes, formatBytes), 'memory_max_bytes'],
    ['major faults', known(row.major_faults, formatCount), 'major_faults'],
  ];
  return h('div', {}, [
    h(
      'p',
      { class: 'quiet' },
      `database ${row.database ?? 'not known'}, user ${row.user ?? 'not known'}, query id ${row.query_id ?? 'none'}, fingerprint ${row.fingerprint}`,
    ),
    h(
      'dl',
      { class: 'figures', 'data-query': row.fingerprint },
      facts.map(([name, text, field]) =>
        h('div', { key: name }, [
          h('dt', {}, name),
          h('dd', {}, h(Figure, { text, approximate: row.inexact.includes(field) })),
        ]),
      ),
    ),
  ]);
}

/** What samples cannot tell. */
const known = (value: number | null, text: (value: number) => string): string => (value === null ? '-' : text(value));
