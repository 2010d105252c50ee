/** Sums of statements that the agent has forgotten since: counters of all statements together do not fall. */
import { mergeRow } from '../../aggregate/index.ts';
import { type QueryTotals, type Totals, WAIT_RULES, type WaitTotals } from '../../collect/attribution/index.ts';

type Failures = Pick<QueryTotals, 'cluster'> & { readonly failures: Map<string, number> };

export class Gone {
  readonly #waits = new Map<string, WaitTotals>();
  readonly #failures = new Map<string, Failures>();
  #last: Totals | undefined;

  /** Of the readings so far, what the newest does not have. */
  advance(now: Totals): void {
    for (const [key, wait] of this.#last?.waits ?? []) if (!now.waits.has(key)) this.#addWait(wait);
    for (const [key, query] of this.#last?.queries ?? []) if (!now.queries.has(key)) this.#addQuery(query);
    this.#last = now;
  }

  get waits(): Iterable<WaitTotals> {
    return this.#waits.values();
  }

  get failures(): Iterable<Failures> {
    return this.#failures.values();
  }

  /** By cluster, kind of process and event, as the metrics have them. */
  #addWait(wait: WaitTotals): void {
    const key = `${wait.cluster.pgdata} ${wait.cluster.major} ${wait.identity.backendType} ${wait.event}`;
    const sum = this.#waits.get(key);
    if (sum) mergeRow(WAIT_RULES, sum.counters, wait.counters);
    else this.#waits.set(key, { ...wait, counters: wait.counters.slice() });
  }

  #addQuery({ cluster, failures }: QueryTotals): void {
    const sum = this.#failures.get(cluster.pgdata) ?? { cluster, failures: new Map<string, number>() };
    this.#failures.set(cluster.pgdata, sum);
    for (const [code, count] of failures) sum.failures.set(code, (sum.failures.get(code) ?? 0) + count);
  }
}
