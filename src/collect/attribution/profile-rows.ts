/** Rows of `pebble profile`, as docs/json.md describes them: how often each stack was met, for whom. */
import type { ProfileRow } from '../../api/index.ts';
import { doerFields } from './doer.ts';
import { eventOf } from './events.ts';
import { type Inner, inexactInner, innerFields } from './inner.ts';
import { phaseOf } from './phases.ts';
import type { StackTotals } from './stack-samples.ts';
import type { Doer } from './totals.ts';
import { microseconds, rowHead, type Window } from './window.ts';

interface InnerDoer extends Doer {
  readonly inner: Inner | undefined;
}

/** Rows of everything counted; the most time first. */
export function profileRows(
  stacks: Iterable<StackTotals>,
  identify: (stack: StackTotals) => InnerDoer | undefined,
  window: Window,
): ProfileRow[] {
  const rows = Array.from(stacks, (stack) => {
    const doer = identify(stack);
    return doer && toRow(stack, doer, window);
  });
  return rows.filter((row) => row !== undefined).sort((a, b) => b.time_us - a.time_us);
}

function toRow(
  { event, offCpu, frames, complete, samples, ns }: StackTotals,
  doer: InnerDoer,
  window: Window,
): ProfileRow {
  const wait = event === 0 ? undefined : eventOf(doer.cluster.major, event);
  return {
    ...rowHead(doer, { ...window, coverage: 'sampled' }, inexactInner(doer.inner)),
    ...doerFields(doer),
    ...innerFields(doer.inner),
    kind: offCpu ? 'off_cpu' : 'on_cpu',
    wait_event_type: wait?.type ?? null,
    wait_event: wait?.event ?? null,
    phase: doer.identity.executes ? phaseOf(frames) : null,
    samples,
    time_us: microseconds(ns),
    stack: frames,
    complete,
  };
}
