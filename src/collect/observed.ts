/** Clusters that an observation has found, whatever it observes them by. */
import type { PebbleError } from '../base/errors.ts';

export interface ObservedCluster {
  readonly pgdata: string;
  readonly systemIdentifier: string;
  readonly major: number;
  readonly pid: number;
}

/** A cluster that runs and is not watched. */
export interface Refused {
  readonly pgdata: string;
  readonly pid: number;
  readonly reason: PebbleError;
}
