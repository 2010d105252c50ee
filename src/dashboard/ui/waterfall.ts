/** One execution as a waterfall: each sleep where it lies in time, what is between was on a CPU. */
import { type ComponentChild, h } from 'preact';
import type { ExecutionRow, ExecutionStep } from '../../api/index.ts';
import { formatMicroseconds } from '../../base/units.ts';
import { colourOf } from './classes.ts';
import { oneLine } from './sql.ts';
import { swatch } from './stack-chart.ts';

interface Span {
  readonly at: number;
  readonly us: number;
  readonly key: string;
  readonly text: string;
  readonly step?: ExecutionStep;
}

export function Waterfall({ row }: { readonly row: ExecutionRow }): ComponentChild {
  const spans = spansOf(row);
  const most = row.latency_us || 1;
  return h('div', { class: 'waterfall' }, [
    h(
      'div',
      { class: 'strip', role: 'img', 'aria-label': `${formatMicroseconds(row.latency_us)} in ${spans.length} parts` },
      spans.map(({ at, us, key, text }, index) =>
        h('span', {
          key: index,
          title: `${text}: ${formatMicroseconds(us)}`,
          style: { left: `${(100 * at) / most}%`, width: `${(100 * us) / most}%`, background: colourOf(key) },
        }),
      ),
    ),
    h(
      'ol',
      {},
      spans.filter(({ us }) => us >= most / 1000).map((span, index) => h('li', { key: index }, spanLine(span, most))),
    ),
    row.steps_lost > 0 && h('p', { class: 'quiet' }, `${row.steps_lost} later sleeps were not kept one by one.`),
  ]);
}

const spanLine = ({ at, us, key, text, step }: Span, most: number): ComponentChild => [
  h('span', { class: 'at' }, `+${formatMicroseconds(at)}`),
  h('span', { class: 'length' }, formatMicroseconds(us)),
  h(
    'span',
    { class: 'track' },
    h('span', {
      style: {
        left: `${(100 * at) / most}%`,
        width: `${Math.max(0.3, (100 * us) / most)}%`,
        background: colourOf(key),
      },
    }),
  ),
  h('span', { class: 'what' }, [
    swatch(key),
    text,
    step && step.count > 1 && ` (${step.count} times)`,
    step?.blocker_pid != null && ` held by process ${step.blocker_pid}`,
    step?.inner_fingerprint != null && ` ▸ ${oneLine(step.inner_query ?? '(not known)')}`,
  ]),
];

/** A process that waits for a lock is woken after deadlock_timeout, looks for a deadlock, and sleeps on: one wait for its reader. */
const LOOKS_US = 2000;

export function joined(steps: readonly ExecutionStep[]): ExecutionStep[] {
  const all: ExecutionStep[] = [];
  for (const step of steps) {
    const last = all.at(-1);
    const goesOn =
      last?.wait_event_type === 'Lock' &&
      step.wait_event_type === 'Lock' &&
      step.wait_event === last.wait_event &&
      step.inner_fingerprint === last.inner_fingerprint &&
      (step.blocker_pid ?? last.blocker_pid) === last.blocker_pid &&
      step.at_us - last.at_us - last.us < LOOKS_US;
    if (!goesOn) all.push(step);
    else all[all.length - 1] = { ...last, us: step.at_us + step.us - last.at_us, count: last.count + step.count };
  }
  return all;
}

/** Steps in order, and the time between them. */
export function spansOf({ steps, latency_us, steps_lost }: ExecutionRow): Span[] {
  const spans: Span[] = [];
  let at = 0;
  const running = (until: number): void => {
    if (until - at > 0.5) spans.push({ at, us: until - at, key: 'CPU', text: 'on a CPU' });
  };
  for (const step of joined(steps)) {
    running(step.at_us);
    const slept = step.us - step.run_queue_us;
    const key = step.wait_event_type ?? 'Run queue';
    const what = step.wait_event_type === null ? 'pushed off its CPU' : `${step.wait_event_type} · ${step.wait_event}`;
    // Steps of an older history have none; executing needs no word.
    const during = step.phase === 'prepare' ? ', planning' : step.phase === 'commit' ? ', committing' : '';
    const text = `${what}${during}`;
    if (slept > 0) spans.push({ at: step.at_us, us: slept, key, text, step });
    if (step.run_queue_us > 0) {
      spans.push({ at: step.at_us + slept, us: step.run_queue_us, key: 'Run queue', text: 'ready, waiting for a CPU' });
    }
    at = step.at_us + step.us;
  }
  if (steps_lost === 0) running(latency_us);
  else spans.push({ at, us: latency_us - at, key: 'Wait', text: 'not kept step by step' });
  return spans;
}
