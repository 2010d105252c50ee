/** Attribution with as many signals as this kernel's verifier takes. */
import { PebbleError } from '../../base/errors.ts';
import type { AttributionOptions } from './attribution.ts';
import type { Signal } from './engine.ts';

export interface Made<T> {
  readonly made: T;
  readonly options: AttributionOptions;
  /** Signals that the verifier refused, and why. */
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
      if (!(error instanceof PebbleError) || error.code !== 'verifier' || count <= least) throw error;
      refused.set(signals[count - 1]!, error.what);
    }
  }
}
