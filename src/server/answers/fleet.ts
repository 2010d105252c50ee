/** Hosts and clusters side by side: how many sessions each keeps busy, over time and by what they do. */
import type { FleetAnswer, FleetMember } from '../../api/index.ts';
import { rfc3339 } from '../../base/time.ts';
import { identityAt, type Store, type Summed } from '../../store/index.ts';
import { filterOf, numberOf, type Question } from '../question.ts';
import { stepFor } from './load.ts';

const MOST_POINTS = 500;

export async function fleetAnswer(store: Store, question: Question): Promise<FleetAnswer> {
  const { range, facets } = question;
  const stepMs = stepFor(range.toMs - range.fromMs, numberOf(question, 'points', 60, MOST_POINTS));
  const where = filterOf(facets, ['host', 'cluster']);
  const steps = await store.steps({ kind: 'load', range, stepMs, where, by: ['host', 'cluster', 'class'] });
  const first = Math.floor(range.fromMs / stepMs) * stepMs;
  const count = Math.max(1, Math.ceil((range.toMs - first) / stepMs));
  const members = new Map<string, Sums>();
  // What was stored in steps of ten seconds may begin before the window.
  const indexOf = ({ range: { fromMs } }: Summed): number => Math.max(0, Math.floor((fromMs - first) / stepMs));
  for (const step of steps) addStep(members, step, indexOf(step), count);
  return {
    from: rfc3339(first),
    step_us: stepMs * 1000,
    members: [...members.values()].map((sums) => memberOf(sums, steps)),
  };
}

interface Sums {
  readonly host: string;
  readonly cluster: string;
  readonly sessions: (number | null)[];
  readonly classes: Map<string, number>;
}

function addStep(members: Map<string, Sums>, { samples, covered }: Summed, at: number, count: number): void {
  for (const { series, values } of samples) {
    const host = series[identityAt('load', 'host')] ?? '';
    const cluster = series[identityAt('load', 'cluster')] ?? '';
    const name = series[identityAt('load', 'class')] ?? 'Wait';
    const observedUs = covered.get(host)?.observedUs ?? 0;
    if (observedUs === 0 || at >= count) continue;
    const key = JSON.stringify([host, cluster]);
    const sums = members.get(key) ?? { host, cluster, sessions: new Array(count).fill(null), classes: new Map() };
    members.set(key, sums);
    sums.sessions[at] = (sums.sessions[at] ?? 0) + values[0]! / observedUs;
    sums.classes.set(name, (sums.classes.get(name) ?? 0) + values[0]!);
  }
}

/** What was observed of it without any load counts, too. */
function memberOf({ host, cluster, sessions, classes }: Sums, steps: readonly Summed[]): FleetMember {
  const observedUs = steps.reduce((sum, { covered }) => sum + (covered.get(host)?.observedUs ?? 0), 0);
  const averages = [...classes].map(([name, us]): [string, number] => [name, us / observedUs]);
  return { host, cluster, sessions, classes: Object.fromEntries(averages), observed_us: observedUs };
}
