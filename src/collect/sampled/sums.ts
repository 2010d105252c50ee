/** Sums over samples: the time that each statement and each background process was seen to run or to wait. */
import type { WaitEvent } from '../../postgres/waits/index.ts';
import type { ObservedCluster } from '../observed.ts';
import type { Session } from '../sessions.ts';

/** Times in ns. */
export const SAMPLED_QUERY_COUNTERS = ['samples', 'on_cpu', 'off_cpu', 'parallel_on_cpu', 'parallel_off_cpu'] as const;
export const SAMPLED_WAIT_COUNTERS = ['samples', 'ns'] as const;

export interface SampledDoer {
  readonly cluster: ObservedCluster;
  readonly session: Session;
}

export interface SampledQuery extends SampledDoer {
  readonly counters: Float64Array;
  /** Sessions that execute it, in the last sample. */
  running: number;
}

export interface SampledWait extends SampledDoer {
  readonly event: WaitEvent;
  readonly counters: Float64Array;
}

/** Everything sampled until a moment. */
export interface SampledReading {
  readonly wallMs: number;
  readonly monotonicMs: number;
  readonly queries: ReadonlyMap<string, SampledQuery>;
  readonly waits: ReadonlyMap<string, SampledWait>;
  /** Samples that found no room. */
  readonly dropped: number;
}

/** More than these nobody reads; what does not fit is counted. */
const MOST_KEYS = 20_000;
const LEADER = 'client backend';
const WORKER = 'parallel worker';

/** Executes a statement: a session, or a worker of its parallel query. */
export const executes = ({ backendType }: Session): boolean => backendType === LEADER || backendType === WORKER;

export class SampledSums {
  readonly #queries = new Map<string, SampledQuery>();
  readonly #waits = new Map<string, SampledWait>();
  #dropped = 0;

  /** Before each sample: nobody runs any more. */
  begin(): void {
    for (const query of this.#queries.values()) query.running = 0;
  }

  /** One process of one sample, which stands for `ns`. */
  add(doer: SampledDoer, event: WaitEvent | undefined, ns: number): void {
    const { session } = doer;
    const key = keyOf(doer);
    if (event) {
      const wait = this.#find(this.#waits, `${key} ${session.backendType} ${event.type} ${event.event}`, () => ({
        ...doer,
        event,
        counters: new Float64Array(SAMPLED_WAIT_COUNTERS.length),
      }));
      if (wait) addAll(wait.counters, [1, ns]);
    }
    if (!executes(session)) return;
    const query = this.#find(this.#queries, key, () => ({
      ...doer,
      counters: new Float64Array(SAMPLED_QUERY_COUNTERS.length),
      running: 0,
    }));
    if (!query) return;
    const isLeader = session.backendType === LEADER;
    const [cpu, wait] = event ? [0, ns] : [ns, 0];
    addAll(query.counters, isLeader ? [1, cpu, wait, 0, 0] : [1, 0, 0, cpu, wait]);
    if (isLeader) query.running += 1;
  }

  read(): SampledReading {
    return {
      wallMs: Date.now(),
      monotonicMs: performance.now(),
      queries: copyOf(this.#queries),
      waits: copyOf(this.#waits),
      dropped: this.#dropped,
    };
  }

  #find<Sum>(sums: Map<string, Sum>, key: string, make: () => Sum): Sum | undefined {
    let sum = sums.get(key);
    if (sum) return sum;
    if (sums.size >= MOST_KEYS) {
      this.#dropped += 1;
      return undefined;
    }
    sum = make();
    sums.set(key, sum);
    return sum;
  }
}

/** Workers of a parallel query are of their leader's row; background processes are told apart by type. */
function keyOf({ cluster, session }: SampledDoer): string {
  const { database, user, backendType, queryId, fingerprint } = session;
  const what = executes(session) ? (queryId ?? `text ${fingerprint}`) : backendType;
  return JSON.stringify([cluster.pgdata, database, user, what]);
}

function addAll(counters: Float64Array, values: readonly number[]): void {
  for (const [at, value] of values.entries()) counters[at]! += value;
}

const copyOf = <Sum extends { readonly counters: Float64Array }>(sums: ReadonlyMap<string, Sum>): Map<string, Sum> =>
  new Map([...sums].map(([key, sum]) => [key, { ...sum, counters: sum.counters.slice() }]));
