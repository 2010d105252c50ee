/** The verifier's refusal in words, with the source line that it is about. */
import { PebbleError } from '../../base/errors.ts';
import { type SourceLine, slotsOf } from '../asm/index.ts';
import type { ProgramSpec } from '../spec/index.ts';
import { errorName } from '../sys/index.ts';
import { linesOf } from './stream.ts';
import { CAUSES, type Cause } from './verifier-causes.ts';
import { summarize } from './verifier-log.ts';

/** Its name stands with the last instruction before (kernel/bpf/verifier.c: check_helper_call). */
const NOT_ALLOWED = /helper call is not allowed in probe|program of this type cannot use helper/;

export class VerifierError extends PebbleError {
  override readonly name: string = 'VerifierError';
  /** The line of the log that says what is wrong. */
  readonly telling: string;
  /** What it means, where we know. */
  readonly meaning: string | undefined;
  readonly source: SourceLine | undefined;
  /** The helper that this program may not call: `bpf_d_path`. */
  readonly helper: string | undefined;
  /** All that the kernel wrote. */
  readonly log: string;

  constructor(program: ProgramSpec, log: string, errno: number) {
    const { telling, slot } = summarize(log);
    const poison = slot === undefined ? undefined : poisonAt(program, slot);
    const row = poison ? unresolved(poison) : CAUSES.find(({ says }) => says.test(telling));
    const source = slot === undefined ? undefined : sourceAt(program, slot);
    const said = telling || errorName(errno)[1];
    super('verifier', {
      doing: `loading program "${program.name}" (${program.kind})`,
      what: `the kernel's verifier refused it${source ? ` at ${place(source)}` : ''}: ${row ? `${row.cause} (${said})` : said}`,
      detail: log,
      ...(row && { hint: row.hint }),
    });
    this.telling = telling;
    this.meaning = row?.cause;
    this.source = source;
    this.helper = NOT_ALLOWED.test(telling) ? /.* call (bpf_\w+)#\d+/s.exec(log)?.[1] : undefined;
    this.log = log;
    Object.defineProperty(this, 'log', { enumerable: false });
  }
}

/** Why the instruction there can never run, if it is one of those. */
function poisonAt(program: ProgramSpec, slot: number): string | undefined {
  let at = 0;
  for (const insn of program.functions.flatMap((fn) => fn.insns)) {
    if (at === slot) return insn.poison;
    at += slotsOf(insn);
  }
  return undefined;
}

function unresolved(poison: string): Pick<Cause, 'cause' | 'hint'> {
  return {
    cause: poison,
    hint: 'guard the access with bpf_core_field_exists, bpf_core_type_exists or bpf_ksym_exists, or use another hook',
  };
}

function sourceAt(program: ProgramSpec, slot: number): SourceLine | undefined {
  return linesOf(program).findLast((line) => line.slot <= slot)?.source;
}

function place(source: SourceLine): string {
  const where = source.file === '' ? source.text : `${source.file}:${source.line}`;
  return source.file === '' || source.text === '' ? where : `${where}: ${source.text.trim()}`;
}
