/** Reads the verifier's log: which line tells, at which instruction. */

export interface LogSummary {
  /** The line that says what is wrong. */
  readonly telling: string;
  /** Slot of the last instruction that the verifier looked at. */
  readonly slot: number | undefined;
}

/** "12: (79) r1 = …", "12: R1=ctx() …", "from 7 to 12: …", "12: safe". */
const STEP = /^(?:from \d+ to )?(\d+): /;
/** What the verifier prints about itself after its verdict. */
const EPILOGUE =
  /^(?:processed \d+ insns|verification time|stack depth|peak_states|insns processed|max_states_per_insn|total_states|mark_read)/;
/** Lines that accompany the verdict. */
const NOISE =
  /^(?:;|$|func#\d+ @\d+|Live regs|\s|R\d+(?:_\w+)?=|mark_precise:|parent |last_idx |regs=|Validating |caller:|callee:|frame\d*:|cur state:|old state:)/;

/** Begins the report for people that follows the verdict since Linux 7.3. */
const REPORT = /^Verification failed: /m;

export function summarize(log: string): LogSummary {
  const [trace = ''] = log.split(REPORT, 1);
  const lines = trace.split('\n').map((line) => line.trimEnd());
  let telling = '';
  let slot: number | undefined;
  for (const line of lines) {
    const step = STEP.exec(line);
    if (step) slot = Number(step[1]);
    else if (!EPILOGUE.test(line) && !NOISE.test(line)) telling = line;
  }
  return { telling: telling || (lines.findLast((line) => line !== '' && !EPILOGUE.test(line)) ?? ''), slot };
}
