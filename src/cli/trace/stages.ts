/** What stages of the compiler make of a program, for people: --fmt and -d. */
import { PebbleError } from '../../base/errors.ts';
import { disassemble } from '../../bpf/asm/index.ts';
import { formatDiagnostics, type Source } from '../../lang/diagnostics/index.ts';
import type { CompiledScript } from '../../lang/index.ts';
import { parse } from '../../lang/syntax/index.ts';
import { formatProgram, printProgram } from '../../lang/syntax/printer.ts';

const STAGES = ['ast', 'dis'] as const;
type Stage = (typeof STAGES)[number];

/** `all` is every one. */
export function readStages(names: readonly string[]): ReadonlySet<Stage> {
  const stages = names.flatMap((name): readonly Stage[] => {
    if (name === 'all') return STAGES;
    const stage = STAGES.find((known) => known === name);
    if (stage) return [stage];
    throw new PebbleError('usage', {
      what: `USAGE: invalid option for -d: ${name} (there are ${STAGES.join(', ')}, all)`,
    });
  });
  return new Set(stages);
}

/** The script in the usual layout; the exit status. */
export function printFormatted(source: Source): number {
  const { program, diagnostics } = parse(source);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  if (failed) process.stderr.write(formatDiagnostics(diagnostics));
  else process.stdout.write(formatProgram(program));
  return failed ? 1 : 0;
}

/** The tree as it was parsed. */
export function syntaxText(source: Source): string {
  return `AST\n-------------------\n${printProgram(parse(source).program)}\n`;
}

/** The instructions of every function of every program. */
export function instructionText({ collection }: CompiledScript): string {
  return collection.programs
    .flatMap(({ name, kind, functions }) =>
      functions.map((fn) => `${name} ${fn.name} (${kind})\n-------------------\n${disassemble(fn.insns)}\n`),
    )
    .join('');
}
