/** A helper that the verifier refuses, as a mistake at its place in the script; bpftrace says it so. */
import type { VerifierError } from '../../bpf/programs/index.ts';
import { formatDiagnostics } from '../../lang/index.ts';
import type { ScriptLine } from '../../lang/lower/lowering.ts';

/** undefined: another error. */
export function refusalText(error: Error, colour: boolean): string | undefined {
  if (error.name !== 'VerifierError') return undefined;
  const { helper, source } = error as VerifierError;
  const { span } = (source ?? {}) as Partial<ScriptLine>;
  if (helper === undefined || span === undefined) return undefined;
  const message = `helper ${helper} not allowed in probe`;
  const hints = ['the kernel allows some helpers only in certain functions; pebble doctor lists what it has'];
  return formatDiagnostics([{ severity: 'error', span, message, hints, related: [] }], { colour });
}
