/** Rows of the sampled tier: what samples cannot tell is null. */
import type { QueryRow } from './query-row.ts';
import type { WaitRow } from './wait-row.ts';

interface Sampled {
  readonly coverage: 'sampled';
  /** How many samples showed this: the times are estimates from them. */
  readonly samples: number;
}

type KnownOfQuery =
  | 'cluster'
  | 'system_identifier'
  | 'window_start'
  | 'window_us'
  | 'inexact'
  | 'dropped'
  | 'database'
  | 'user'
  | 'query_id'
  | 'fingerprint'
  | 'query'
  | 'query_truncated'
  | 'running'
  | 'on_cpu_us'
  | 'off_cpu_us'
  | 'parallel_on_cpu_us'
  | 'parallel_off_cpu_us';

type Unknown<Of> = {
  readonly [Field in keyof Of]: Of[Field] extends object ? { readonly [Inner in keyof Of[Field]]: null } : null;
};

export type SampledQueryRow = Sampled &
  Pick<QueryRow, KnownOfQuery> &
  Unknown<Omit<QueryRow, KnownOfQuery | 'coverage'>>;

export type SampledWaitRow = Sampled & Omit<WaitRow, 'coverage' | 'count' | 'max_us'> & { count: null; max_us: null };

export type AnyQueryRow = QueryRow | SampledQueryRow;
export type AnyWaitRow = WaitRow | SampledWaitRow;
