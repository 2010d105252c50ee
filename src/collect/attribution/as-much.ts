/** Attribution with as many signals as this kernel's verifier takes. */
import { PebbleError } from '../../base/errors.ts';
import type { AttributionOptions } from './attribution.ts';
import type { Signal } from './program.ts';

export interface Made<T> {
  readonly made: T;
  readonly options: AttributionOptions;
  /** Signals that were refused, and why. */
  readonly refused: ReadonlyMap<Signal, string>;
}

/** The first `least` are wanted in any case, of the others the last are given up first. */
export async function asMuchAsTaken<T>(
  options: AttributionOptions,
  signals: readonly Signal[],
  make: (options: AttributionOptions) => Promise<T>,
  least = 0,
): Promise<Made<T>> {
  const refused = new Map<Signal, string>();
  for (let count = signals.length; ; count--) {
    const all = { ...options, signals: signals.slice(0, count) };
    try {
      return { made: await make(all), options: all, refused };
    } catch (error) {
      const last = signals[count - 1]!;
      if (!(error instanceof PebbleError) || count <= least || !isRefusal(error, last)) throw error;
      refused.set(last, error.what);
    }
  }
}

/** The verifier's; or a host's that allows no clock on its CPUs (kernel.perf_event_paranoid). */
const isRefusal = ({ code }: PebbleError, signal: Signal): boolean =>
  code === 'verifier' || (code === 'privilege' && signal === 'phases');
