/** The fields of every row, as docs/json.md describes them. */
export interface Window {
  readonly window_start: string;
  readonly window_us: number;
  readonly coverage: 'exact' | 'partial' | 'sampled';
  readonly dropped: number;
}

export interface RowHead extends Window {
  readonly cluster: string;
  readonly system_identifier: string | null;
  /** Names of the fields that are approximations. */
  readonly inexact: readonly string[];
}
