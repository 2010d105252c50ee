/** What an agent with this configuration would load, attach, open and write, and what that would cost. */
import { type AttributionPlan, asMuchAsTaken, planAttribution, type Signal } from '../collect/attribution/index.ts';
import type { Configuration } from './configuration/index.ts';
import { type ExpectedCost, expectedCost } from './expected-cost.ts';
import { SHOWN } from './watch.ts';

export interface AgentPlan extends AttributionPlan {
  /** Signals that this kernel's verifier refuses, and why. */
  readonly refusedSignals: ReadonlyMap<Signal, string>;
  readonly cost: ExpectedCost;
}

/** Loads, looks, and lets go of everything; takes a second more for looking how busy the host is. */
export async function planAgent({ pgdata }: Configuration): Promise<AgentPlan> {
  const options = pgdata.length > 0 ? { pgdata } : {};
  const { made, refused } = await asMuchAsTaken(options, SHOWN, planAttribution);
  const watched = made.clusters.filter((cluster) => cluster.refused === null);
  return { ...made, refusedSignals: refused, cost: await expectedCost(watched.map(({ pid }) => pid)) };
}
