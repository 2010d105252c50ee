/** Starts the attribution with everything that the pages show, or as much of it as this kernel takes. */
import { PebbleError } from '../base/errors.ts';
import { Attribution, type AttributionOptions, type Signal } from '../collect/attribution/index.ts';

/** Beside times, waits and counts. The first are given up last. */
const SHOWN: readonly Signal[] = ['inner', 'locks', 'io', 'executions', 'wakers', 'resources'];

export interface Watched {
  readonly attribution: Attribution;
  readonly options: AttributionOptions;
  /** Signals that this kernel's verifier refused, and why. */
  readonly refused: ReadonlyMap<Signal, string>;
}

export async function startShown(options: AttributionOptions): Promise<Watched> {
  const { made, ...rest } = await asMuchAsTaken(options, (all) => Attribution.start(all));
  return { attribution: made, ...rest };
}

interface Made<T> extends Omit<Watched, 'attribution'> {
  readonly made: T;
}

/** With all signals, or without those that the verifier refuses. */
export async function asMuchAsTaken<T>(
  options: AttributionOptions,
  make: (options: AttributionOptions) => Promise<T>,
): Promise<Made<T>> {
  const refused = new Map<Signal, string>();
  for (let count = SHOWN.length; ; count--) {
    const all = { ...options, signals: SHOWN.slice(0, count) };
    try {
      return { made: await make(all), options: all, refused };
    } catch (error) {
      if (!(error instanceof PebbleError) || error.code !== 'verifier' || count === 0) throw error;
      refused.set(SHOWN[count - 1]!, error.what);
    }
  }
}
