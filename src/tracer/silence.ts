/** What is said at the end of a run of probes that nothing came of. */
import type { ScriptProbe } from '../lang/script.ts';

/** Whether it fired, or may have: not every script keeps count. */
export type Fired = (probe: ScriptProbe) => boolean;

/** Probes that are named one by one. */
const MOST_NAMED = 5;

/** Of a run that printed and stored nothing. */
export function emptyRun(attached: readonly ScriptProbe[], fired: Fired): string {
  const counted = attached.filter((probe) => probe.fired !== undefined);
  const filtered = counted.filter(fired);
  if (filtered.length === 0) return `No event: nothing was printed or stored. Attached: ${named(attached)}.`;
  return `No event: nothing was printed or stored, though ${named(filtered)} fired: no filter let it pass, or its body keeps nothing.`;
}

/** Of a run that has something to show; undefined when every body ran. */
export function silentProbes(attached: readonly ScriptProbe[], fired: Fired): string | undefined {
  const silent = attached.filter((probe) => !fired(probe));
  return silent.length === 0 ? undefined : `Did not fire: ${named(silent)}.`;
}

function named(probes: readonly ScriptProbe[]): string {
  const shown = probes.slice(0, MOST_NAMED).map(({ name }) => name);
  return `${shown.join(', ')}${probes.length > MOST_NAMED ? ` and ${probes.length - MOST_NAMED} more` : ''}`;
}
