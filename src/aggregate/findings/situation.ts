/** What findings are drawn from: the rows of some minutes of one cluster, and how they were some time before. */
import type { CatalogFacts, LockRow, MachineFacts, QueryRow, WaitRow } from '../../api/index.ts';

export interface Situation {
  /** CPUs of the host. */
  readonly cpus: number;
  /** Time that was observed. */
  readonly observedUs: number;
  readonly queries: readonly QueryRow[];
  /** Those of background processes, too. */
  readonly waits: readonly WaitRow[];
  readonly locks: readonly LockRow[];
  /** The same statements in an earlier window, as a day before; empty where there is none. */
  readonly earlier: readonly QueryRow[];
  /** Everything else on the host; absent where it is not known. */
  readonly machine?: MachineFacts | undefined;
  /** What PostgreSQL says of itself, and said some minutes ago; absent without an SQL connection. */
  readonly catalog?: { readonly now: CatalogFacts; readonly before: CatalogFacts | undefined } | undefined;
}

export interface Conclusion {
  readonly severity: 'info' | 'warning' | 'critical';
  /** One sentence, with the figure that matters. */
  readonly title: string;
  readonly evidence: readonly string[];
  /** To run next; null where looking elsewhere helps more. */
  readonly sql: string | null;
  readonly advice: string;
  readonly refuted_by: string;
  /** The statements that it is about, the most affected first. */
  readonly queries: readonly Pick<QueryRow, 'fingerprint' | 'query_id' | 'query'>[];
}

/** A rule is a file with one of these and a row in `index.ts`. It says nothing where it is not sure. */
export interface Rule {
  readonly id: string;
  readonly find: (situation: Situation) => Conclusion | undefined;
}
