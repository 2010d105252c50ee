/** What a feature is: a name, the kernel that brought it, and a way to try it. */

/** Nothing: it is there. A sentence: why it is not. */
export type Verdict = string | undefined;

export interface FeatureRow {
  readonly title: string;
  /** Linux version that brought it; distributions bring some of them earlier. */
  readonly since: string;
  /** What is lost or done otherwise without it. */
  readonly without: string;
  readonly probe: () => Verdict | Promise<Verdict>;
}

export interface Feature {
  readonly name: string;
  readonly title: string;
  readonly since: string;
  readonly available: boolean;
  /** Why it is not available. */
  readonly reason?: string;
  /** What that costs. */
  readonly without?: string;
}
