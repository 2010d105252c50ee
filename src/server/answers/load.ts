/** Average active sessions over time, split by one field. */
import type { LoadAnswer } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import type { Covered, Store, TimeRange } from '../../store/index.ts';
import { bad, FACETS, type Facet, type Facets, numberOf, type Question } from '../question.ts';
import { activities, loadActivities, type Spent } from './activity.ts';
import { clientActivities } from './clients.ts';
import { type Grid, gridOf, placed, stepFor } from './grid.ts';

const MOST_POINTS = 1000;

export async function loadAnswer(store: Store, question: Question): Promise<LoadAnswer> {
  const { range, facets, params } = question;
  const by = fieldOf(params.get('by') ?? 'wait_event_type');
  const points = numberOf(question, 'points', 150, MOST_POINTS);
  const top = numberOf(question, 'top', 12, MOST_POINTS);
  const grid = gridOf(range, stepFor(range, points));
  const ask = { range, stepMs: grid.stepMs };
  const steps =
    (await clientActivities(store, facets, by, ask)) ??
    (await loadActivities(store, facets, by, ask)) ??
    (await activitiesOf(store, facets, by, top, ask));
  return { ...seriesOf(steps, by, top, grid), ...coverageOf(steps) };
}

/** Of thousands of statements only those that are shown are told apart in each step. */
async function activitiesOf(store: Store, facets: Facets, by: Facet, top: number, ask: Steps): Promise<Spent[]> {
  if (by !== 'fingerprint') return activities(store, facets, [by], ask);
  const [whole] = await activities(store, facets, [by], { range: ask.range });
  const sums = new Map<string, number>();
  for (const { us, field } of whole?.activities ?? []) sums.set(field(by) ?? '', (sums.get(field(by) ?? '') ?? 0) + us);
  if (sums.size <= top) return activities(store, facets, [by], ask);
  const values = [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, top)
    .map(([key]) => key);
  return activities(store, facets, [by], { ...ask, apart: { part: by, values } });
}

interface Steps {
  readonly range: TimeRange;
  readonly stepMs: number;
}

function fieldOf(name: string): Facet {
  if ((FACETS as readonly string[]).includes(name)) return name as Facet;
  throw bad('by', name, `one of ${FACETS.join(', ')}`);
}

function seriesOf(steps: readonly Spent[], by: Facet, top: number, grid: Grid) {
  const { firstMs, stepMs, count } = grid;
  const observed = new Array<boolean>(count).fill(false);
  const sums = new Map<string | null, number[]>();
  for (const { from, to, step } of placed(steps, grid)) {
    observed.fill(true, from, to);
    for (const { us, field } of step.activities) {
      const observedUs = step.covered.get(field('host') ?? '')?.observedUs ?? 0;
      if (observedUs === 0) continue;
      const values = sums.get(field(by)) ?? new Array<number>(count).fill(0);
      for (let index = from; index < to; index++) values[index]! += us / observedUs;
      sums.set(field(by), values);
    }
  }
  const series = bounded(sums, top).map(([key, values]) => ({
    key,
    sessions: values.map((value, index) => (observed[index] ? value : null)),
  }));
  // Steps without any are null in every series: where there is none, one says so.
  const nothing = { key: null, sessions: observed.map((seen) => (seen ? 0 : null)) };
  return { from: rfc3339(firstMs), step_us: stepMs * 1000, series: series.length > 0 ? series : [nothing] };
}

/** The largest ones; all others together under `null`. */
function bounded(sums: ReadonlyMap<string | null, number[]>, top: number): [string | null, number[]][] {
  const sized = [...sums].map(([key, values]) => ({
    key,
    values,
    size: values.reduce((sum, value) => sum + value, 0),
  }));
  const kept = sized
    .filter(({ key }) => key !== null)
    .sort((a, b) => b.size - a.size)
    .slice(0, top);
  const others = sized.filter((one) => !kept.includes(one));
  const together: number[] = new Array(others[0]?.values.length ?? 0).fill(0);
  for (const { values } of others) for (const [at, value] of values.entries()) together[at]! += value;
  const named = kept.map(({ key, values }): [string | null, number[]] => [key, values]);
  return others.length === 0 ? named : [...named, [null, together]];
}

export function coverageOf(steps: readonly Spent[]): { coverage: Covered['coverage']; dropped: number } {
  const all = steps.flatMap(({ covered }) => [...covered.values()]);
  const worst = (['sampled', 'partial'] as const).find((name) => all.some(({ coverage }) => coverage === name));
  return { coverage: worst ?? 'exact', dropped: all.reduce((sum, { dropped }) => sum + dropped, 0) };
}
