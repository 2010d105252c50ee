/** What the counted load did, exactly. */

export interface CountedStatement {
  /** A word of the statement's text that no other statement has: it survives normalisation. */
  readonly marker: string;
  /** Executions that succeeded: what pg_stat_statements counts. */
  readonly succeeded: number;
  /** Executions that failed, after the text had been parsed. */
  readonly failed: number;
}

export interface CountedReport {
  readonly sessions: number;
  /** Round trips up to ReadyForQuery, of all kinds together, those of failed and of empty ones too. */
  readonly requests: number;
  readonly statements: readonly CountedStatement[];
}
