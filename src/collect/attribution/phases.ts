/** What a statement is at by the functions on its stack: PostgreSQL exports those of each phase under their names. */
import type { Phase, ProfileFrame } from '../../api/index.ts';

/** tcop/postgres.c, tcop/pquery.c, executor/execMain.c, access/transam/xact.c, of every major since 13. */
const PHASES: Readonly<Record<string, Phase>> = {
  pg_parse_query: 'parse',
  raw_parser: 'parse',
  parse_analyze: 'parse',
  parse_analyze_fixedparams: 'parse',
  parse_analyze_varparams: 'parse',
  parse_analyze_withcb: 'parse',
  pg_analyze_and_rewrite: 'parse',
  pg_analyze_and_rewrite_fixedparams: 'parse',
  pg_analyze_and_rewrite_varparams: 'parse',
  pg_analyze_and_rewrite_withcb: 'parse',
  QueryRewrite: 'rewrite',
  pg_plan_query: 'plan',
  planner: 'plan',
  standard_planner: 'plan',
  ExecutorStart: 'start',
  standard_ExecutorStart: 'start',
  ExecutorRun: 'run',
  standard_ExecutorRun: 'run',
  ProcessUtility: 'run',
  standard_ProcessUtility: 'run',
  ExecutorFinish: 'end',
  standard_ExecutorFinish: 'end',
  ExecutorEnd: 'end',
  standard_ExecutorEnd: 'end',
  CommitTransactionCommand: 'commit',
  AbortCurrentTransaction: 'commit',
};

/** Of the outermost function that tells: what a function calls while it runs is part of running. */
export function phaseOf(frames: readonly ProfileFrame[]): Phase | null {
  let phase: Phase | undefined;
  for (const frame of frames) {
    const here = frame.known ? PHASES[frame.function] : undefined;
    if (here === undefined) continue;
    // Analysis calls the rewriter; everything else that is nested belongs to what calls it.
    if (phase === undefined || (phase === 'parse' && here === 'rewrite')) phase = here;
  }
  return phase ?? null;
}
