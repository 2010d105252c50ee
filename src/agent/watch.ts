/** Starts the attribution with everything that the pages show, or as much of it as this kernel takes. */
import {
  Attribution,
  type AttributionOptions,
  asMuchAsTaken,
  type Made,
  type Signal,
} from '../collect/attribution/index.ts';

/** Beside times, waits and counts. The first are given up last. */
export const SHOWN: readonly Signal[] = [
  'inner',
  'locks',
  'io',
  'executions',
  'wakers',
  'resources',
  'phases',
  'clients',
];

export interface Watched extends Omit<Made<never>, 'made'> {
  readonly attribution: Attribution;
}

export async function startShown(options: AttributionOptions): Promise<Watched> {
  const { made, ...rest } = await asMuchAsTaken(options, SHOWN, (all) => Attribution.start(all));
  return { attribution: made, ...rest };
}
