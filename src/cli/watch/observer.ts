/** What `top`, `queries`, `waits` and `demo` look through: every event by eBPF, or samples where that is not possible. */
import type { AnyQueryRow, AnyWaitRow } from '../../api/index.ts';
import { PebbleError } from '../../base/errors.ts';
import {
  Attribution,
  type AttributionOptions,
  asMuchAsTaken,
  type ObservedCluster,
  QueryRows,
  type Refused,
  type Signal,
  WaitRows,
} from '../../collect/attribution/index.ts';
import { Sampled, type SampledOptions, sampledQueries, sampledWaits } from '../../collect/sampled/index.ts';
import { type Choice, chosenDoers, type ServerChoice } from '../choice.ts';
import type { NextWindow } from './watch.ts';

export interface Observer {
  readonly clusters: readonly ObservedCluster[];
  readonly refused: readonly Refused[];
  /** Absent where only samples are taken. */
  readonly attribution: Attribution | undefined;
  /** What takes them, there. */
  readonly sampled: Sampled | undefined;
  /** What is missing and what would bring it; nothing where everything is counted. */
  readonly shortcoming: string | undefined;
  refresh(): void;
  close(): void;
  /** What was done since the last call; with `slidingMs` in that time before the call. */
  windows(slidingMs?: number): NextWindow<Activity>;
}

export interface Activity {
  readonly queries: readonly AnyQueryRow[];
  readonly waits: readonly AnyWaitRow[];
}

/** Errors that leave the lesser way open. */
const LESSER: readonly PebbleError['code'][] = ['privilege', 'unsupported', 'kernel', 'verifier'];

interface ObserveOptions extends ServerChoice, Choice {
  readonly json: boolean;
  /** How every event is seen. */
  readonly start?: (options: AttributionOptions) => Promise<Attribution>;
}

/** Who reads JSON is told on standard error that there are only samples; people see it above their table. */
export async function observe({ json, start = Attribution.start, ...chosen }: ObserveOptions): Promise<Observer> {
  const options = chosenDoers(chosen);
  try {
    const { made: attribution } = await asMuchAsTaken(options, WANTED, start);
    if (json && attribution.shortcoming) process.stderr.write(`pebble: ${attribution.shortcoming}\n`);
    return exact(attribution);
  } catch (error) {
    const { sampled, missing } = await samplesInstead(error, options);
    const observer = fromSamples(sampled, missing);
    if (json) process.stderr.write(`pebble: ${observer.shortcoming}\n`);
    return observer;
  }
}

/** Throws the error again where samples cannot be taken either. `missing`: what would bring more. */
export async function samplesInstead(
  error: unknown,
  options: SampledOptions & { readonly pid?: number },
): Promise<{ readonly sampled: Sampled; readonly missing: string }> {
  if (!(error instanceof PebbleError) || !LESSER.includes(error.code) || options.pid !== undefined) throw error;
  const sampled = await Sampled.start(options);
  if (!sampled) throw withoutSamples(error);
  return { sampled, missing: error.code === 'privilege' ? 'root (sudo)' : error.what };
}

/** Why there are not even samples. */
function withoutSamples({ code, what, doing, hint, detail, cause }: PebbleError): PebbleError {
  const lesser = 'without, samples of the servers of your own user can be taken, and none runs that may be looked into';
  return new PebbleError(code, {
    what,
    hint: hint === undefined ? lesser : `${hint}; ${lesser}`,
    ...(doing !== undefined && { doing }),
    ...(detail !== undefined && { detail }),
    cause,
  });
}

/** What functions execute, who lets go of LWLocks, what requests take besides time, and their phases. */
const WANTED: readonly Signal[] = ['inner', 'wakers', 'resources', 'phases'];

function exact(attribution: Attribution): Observer {
  const read = () => attribution.read();
  return observer(attribution, attribution, attribution.shortcoming, (slidingMs) =>
    windowsOf(read, slidingMs, (first, now) => ({
      queries: new QueryRows(first).advance(now),
      waits: new WaitRows(first).advance(now),
    })),
  );
}

export const shortcomingOfSamples = (missing: string): string =>
  `sampled 20 times a second: times are estimates; eBPF would add calls, errors, latencies, run queue, blocks, WAL; missing here: ${missing}`;

function fromSamples(sampled: Sampled, missing: string): Observer {
  const read = () => sampled.read();
  const shortcoming = shortcomingOfSamples(missing);
  return observer(sampled, undefined, shortcoming, (slidingMs) =>
    windowsOf(read, slidingMs, (first, now) => ({
      queries: sampledQueries(first, now),
      waits: sampledWaits(first, now),
    })),
  );
}

function observer(
  source: Attribution | Sampled,
  attribution: Attribution | undefined,
  shortcoming: string | undefined,
  windows: Observer['windows'],
): Observer {
  return {
    get clusters() {
      return source.clusters;
    },
    get refused() {
      return source.refused;
    },
    attribution,
    sampled: source instanceof Sampled ? source : undefined,
    shortcoming,
    refresh: () => source.refresh(),
    close: () => source.close(),
    windows,
  };
}

/** Differences of readings: from one to the next, or to the one that is `slidingMs` older. */
function windowsOf<Reading extends { readonly monotonicMs: number }>(
  read: () => Reading,
  slidingMs: number | undefined,
  between: (first: Reading, now: Reading) => Activity,
): NextWindow<Activity> {
  let readings = [read()];
  return () => {
    const now = read();
    const start = readings.findLastIndex(({ monotonicMs }) => now.monotonicMs - monotonicMs >= (slidingMs ?? 0));
    readings = [...readings.slice(Math.max(0, start)), now];
    return between(readings[0]!, now);
  };
}
