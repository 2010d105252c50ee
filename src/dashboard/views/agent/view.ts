/** View 13: what Pebble itself costs, what it lost and what it gave up to stay within its budget. */
import { type ComponentChild, h } from 'preact';
import type { HistoryAnswer, Overhead, ProgramCost, Status } from '../../../api/index.ts';
import { formatBytes, formatCount, formatMicroseconds, formatShare } from '../../../base/units.ts';
import { useAnswer } from '../../data/use-answer.ts';
import { store } from '../../state/store.ts';
import { Missing } from '../../ui/coverage.ts';
import { momentText } from '../../ui/moment.ts';
import { Panel } from '../../ui/panel.ts';
import { type Column, Table } from '../../ui/table.ts';

export function AgentView(): ComponentChild {
  const { status } = store.state;
  if (!status) return h('p', { class: 'quiet' }, 'waiting for the agent …');
  const { overhead } = status;
  return h('div', {}, [
    h(
      Panel,
      { title: 'The agent' },
      h(
        'dl',
        { class: 'facts' },
        factsOf(status).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
      ),
    ),
    h(History, {}),
    h(
      Panel,
      { title: 'In the kernel' },
      overhead
        ? h(Kernel, { overhead })
        : h(Missing, { what: 'The cost of the eBPF programs', reason: 'No governor runs in this agent.' }),
    ),
  ]);
}

function factsOf({ cost, started, at, clusters, oldest, cpus }: Status): [string, string][] {
  return [
    ['CPU', `${formatShare(cost.cpu)} of one CPU, over the last ten seconds; ${cpus} CPUs here`],
    ['memory', formatBytes(cost.rss_bytes)],
    ['events lost', cost.dropped === 0 ? 'none' : formatCount(cost.dropped)],
    ['running for', formatMicroseconds((Date.parse(at) - Date.parse(started)) * 1000)],
    ['knows everything since', oldest === null ? 'nothing yet' : momentText(oldest)],
    ['watches', clusters.map(({ pgdata, major }) => `PostgreSQL ${major} in ${pgdata}`).join(', ') || 'nothing'],
  ];
}

function History(): ComponentChild {
  const { data, error } = useAnswer<HistoryAnswer>('/api/history');
  if (error) return h('p', { class: 'alarm' }, error);
  if (data === undefined) return h('p', { class: 'quiet' }, 'asking …');
  if (data === null) {
    return h(Missing, {
      what: 'History',
      reason: 'This agent keeps the last quarter of an hour in memory, and no more.',
    });
  }
  const facts: [string, ComponentChild][] = [
    ['kept in', data.store],
    ['size', formatBytes(data.bytes)],
    ['from', data.oldest === null ? 'nothing yet' : momentText(data.oldest)],
    ['to', data.newest === null ? 'nothing yet' : momentText(data.newest)],
    ['written', data.trouble === null ? 'yes' : h('span', { class: 'alarm' }, `no: ${data.trouble}`)],
    ...(data.pending_intervals > 0 ? [['waiting to be written', formatCount(data.pending_intervals)] as const] : []),
    ...(data.lost_intervals > 0 ? [['given up', formatCount(data.lost_intervals)] as const] : []),
  ].map(([name, value]) => [String(name), value]);
  return h(
    Panel,
    { title: 'History' },
    h(
      'dl',
      { class: 'facts' },
      facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
    ),
  );
}

function Kernel({ overhead }: { readonly overhead: Overhead }): ComponentChild {
  const { cpu_share, budget, bpf_us, window_us, bpf_memory_bytes, signals, given_up, programs } = overhead;
  return h('div', {}, [
    h('p', {}, [
      `Programs and agent together use ${formatShare(cpu_share)} of all CPUs`,
      budget === null ? '; there is no budget' : `; the budget is ${formatShare(budget)}`,
      `. The programs' part: ${bpf_us === null ? 'not counted by this kernel' : formatShare(bpf_us / window_us)} of one CPU, and ${formatBytes(bpf_memory_bytes)} of memory.`,
    ]),
    h('p', {}, `Collected: ${signals.join(', ')}.`),
    given_up.length > 0 && h('p', { class: 'alarm' }, `Given up to stay within the budget: ${given_up.join(', ')}.`),
    h(Table<ProgramCost>, {
      name: 'programs',
      caption: 'eBPF programs',
      columns: COLUMNS,
      rows: programs,
      keyOf: ({ hook }: ProgramCost) => hook,
      sort: 'time',
      empty: 'The kernel tells nothing of its programs.',
    }),
  ]);
}

const perRun = ({ run_us, runs }: ProgramCost): number => (1000 * run_us) / Math.max(1, runs);

const COLUMNS: readonly Column<ProgramCost>[] = [
  { title: 'time', value: ({ run_us }) => run_us, cell: ({ run_us }) => formatMicroseconds(run_us) },
  { title: 'runs', means: 'in the last ten seconds', value: ({ runs }) => runs, cell: ({ runs }) => formatCount(runs) },
  { title: 'ns/run', value: perRun, cell: (row) => formatCount(Math.round(perRun(row))) },
  {
    title: 'hook',
    value: ({ hook }) => hook,
    cell: ({ hook }) => h('span', { title: hook }, hook.replaceAll('rawtracepoint:', '')),
    kind: 'query',
  },
];
