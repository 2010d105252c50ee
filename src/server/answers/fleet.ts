/** Hosts and clusters side by side: how many sessions each keeps busy, over time and by what they do. */
import type { FleetAnswer, FleetMember } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import { identityAt, type Store, type Summed } from '../../store/index.ts';
import { filterOf, numberOf, type Question } from '../question.ts';
import { gridOf, type Placed, placed, stepFor } from './grid.ts';

const MOST_POINTS = 500;

export async function fleetAnswer(store: Store, question: Question): Promise<FleetAnswer> {
  const { range, facets } = question;
  const grid = gridOf(range, stepFor(range, numberOf(question, 'points', 60, MOST_POINTS)));
  const { firstMs, stepMs, count } = grid;
  const where = filterOf(facets, ['host', 'cluster']);
  const steps = await store.steps({ kind: 'load', range, stepMs, where, by: ['host', 'cluster', 'class'] });
  const members = new Map<string, Sums>();
  const shown = [...placed(steps, grid)];
  for (const one of shown) addStep(members, one, count);
  return {
    from: rfc3339(firstMs),
    step_us: stepMs * 1000,
    members: [...members.values()].map((sums) => memberOf(sums, shown)),
  };
}

interface Sums {
  readonly host: string;
  readonly cluster: string;
  readonly sessions: (number | null)[];
  readonly classes: Map<string, number>;
}

function addStep(members: Map<string, Sums>, { step, from, to }: Placed<Summed>, count: number): void {
  const { samples, covered } = step;
  for (const { series, values } of samples) {
    const host = series[identityAt('load', 'host')] ?? '';
    const cluster = series[identityAt('load', 'cluster')] ?? '';
    const name = series[identityAt('load', 'class')] ?? 'Wait';
    const observedUs = covered.get(host)?.observedUs ?? 0;
    if (observedUs === 0) continue;
    const key = JSON.stringify([host, cluster]);
    const sums = members.get(key) ?? { host, cluster, sessions: new Array(count).fill(null), classes: new Map() };
    members.set(key, sums);
    for (let at = from; at < to; at++) sums.sessions[at] = (sums.sessions[at] ?? 0) + values[0]! / observedUs;
    sums.classes.set(name, (sums.classes.get(name) ?? 0) + values[0]!);
  }
}

/** What was observed of it without any load counts, too. */
function memberOf({ host, cluster, sessions, classes }: Sums, shown: readonly Placed<Summed>[]): FleetMember {
  const observedUs = shown.reduce((sum, { step }) => sum + (step.covered.get(host)?.observedUs ?? 0), 0);
  const averages = [...classes].map(([name, us]): [string, number] => [name, us / observedUs]);
  return { host, cluster, sessions, classes: Object.fromEntries(averages), observed_us: observedUs };
}
