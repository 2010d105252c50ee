/** Average active sessions over time, split by one field. */
import type { LoadAnswer } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import type { Covered, Store } from '../../store/index.ts';
import { bad, FACETS, type Facet, numberOf, type Question } from '../question.ts';
import { activities, loadActivities, type Spent } from './activity.ts';

const MOST_POINTS = 1000;
/** Steps are whole seconds, so that neighbouring questions share them. */
const SECOND = 1000;

export async function loadAnswer(store: Store, question: Question): Promise<LoadAnswer> {
  const { range, facets, params } = question;
  const by = fieldOf(params.get('by') ?? 'wait_event_type');
  const points = numberOf(question, 'points', 150, MOST_POINTS);
  const top = numberOf(question, 'top', 12, MOST_POINTS);
  const stepMs = stepFor(range.toMs - range.fromMs, points);
  const ask = { range, stepMs };
  const steps = (await loadActivities(store, facets, by, ask)) ?? (await activities(store, facets, [by], ask));
  return { ...grid(steps, by, top, stepMs, range), ...coverageOf(steps) };
}

function fieldOf(name: string): Facet {
  if ((FACETS as readonly string[]).includes(name)) return name as Facet;
  throw bad('by', name, `one of ${FACETS.join(', ')}`);
}

const NICE = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800];
/** What the recent store keeps: finer steps would be empty in between. */
const FINEST_S = 2;

export function stepFor(lengthMs: number, points: number): number {
  const wanted = lengthMs / points / SECOND;
  return SECOND * NICE.find((step) => step >= Math.max(FINEST_S, wanted * 0.99))!;
}

function grid(steps: readonly Spent[], by: Facet, top: number, stepMs: number, range: Question['range']) {
  const first = Math.floor(range.fromMs / stepMs) * stepMs;
  const count = Math.max(1, Math.ceil((range.toMs - first) / stepMs));
  const observed = new Array<boolean>(count).fill(false);
  const sums = new Map<string | null, number[]>();
  for (const { from, to, spent } of placed(steps, first, stepMs, count)) {
    observed.fill(true, from, to);
    for (const { us, field } of spent.activities) {
      const observedUs = spent.covered.get(field('host') ?? '')?.observedUs ?? 0;
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
  return { from: rfc3339(first), step_us: stepMs * 1000, series: series.length > 0 ? series : [nothing] };
}

/** Where each lies on the grid: a reading that came late stands for the time until then, as far as nothing else does. */
function* placed(steps: readonly Spent[], first: number, stepMs: number, count: number) {
  const indexOf = ({ range }: Spent): number => Math.floor((range.fromMs - first) / stepMs);
  for (const [at, spent] of steps.entries()) {
    const observedMs = Math.max(0, ...[...spent.covered.values()].map(({ observedUs }) => observedUs / 1000));
    const next = steps[at + 1];
    const begin = indexOf(spent);
    const end = begin + Math.max(1, Math.round(observedMs / stepMs));
    const limit = Math.min(next ? indexOf(next) : count, count);
    // Between neighbours a hole is where a reading came late: what lasts longer than a stored step leaves one out.
    const isNeighbour = next !== undefined && next.range.fromMs <= spent.range.toMs;
    const to = isNeighbour || limit - end <= 1 ? limit : end;
    // What was stored in steps of ten seconds may begin before the window.
    if (to > 0 && begin < count) yield { from: Math.max(0, begin), to, spent };
  }
}

/** The largest ones; all others together under `null`. */
function bounded(sums: ReadonlyMap<string | null, number[]>, top: number): [string | null, number[]][] {
  const sized = [...sums].map(([key, values]) => ({
    key,
    values,
    size: values.reduce((sum, value) => sum + value, 0),
  }));
  const ranked = sized.sort((a, b) => b.size - a.size);
  const isKept = (key: string | null, at: number): boolean => key !== null && at < top;
  const kept = ranked.filter(({ key }, at) => isKept(key, at));
  const others = ranked.filter(({ key }, at) => !isKept(key, at));
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
