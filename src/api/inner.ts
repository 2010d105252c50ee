/** What was executed inside of a statement, by a function, a trigger or a foreign-key check. */
export interface InnerFields {
  /** Null at top level; where it is not known what is inside, `inexact` names it. */
  readonly inner_query: string | null;
  readonly inner_fingerprint: string | null;
}
