/** Shows a failure: what was being done, what happened, what to do. */
import { EXIT_CODE, PebbleError } from '../base/errors.ts';

/** Lines of an error's detail (a verifier log can have thousands) that are shown unless PEBBLE_DETAIL is set. */
const DETAIL_LINES = 30;

/** Prints for people to standard error and, for `--json`, a row `{"error": …}` to standard output; returns the exit status. */
export function reportError(thrown: unknown, shown: { readonly json: boolean; readonly color: boolean }): number {
  const error = asPebbleError(thrown);
  if (shown.json) process.stdout.write(`${JSON.stringify({ error: errorRow(error) })}\n`);
  process.stderr.write(errorText(error, shown.color));
  return EXIT_CODE[error.code];
}

export function errorText(error: PebbleError, color: boolean): string {
  const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const lines = [`${paint(31, 'error:')} ${error.message}`];
  lines.push(...detailLines(error));
  if (error.hint) lines.push(`${paint(36, 'hint:')} ${error.hint}`);
  return `${lines.join('\n')}\n`;
}

export function errorRow(error: PebbleError): Record<string, string> {
  const { code, doing, what, hint } = error;
  return { code, ...(doing && { doing }), what, ...(hint && { hint }) };
}

/** What fits of an error's detail: its beginning; of a verifier's log its end, where the verifier gave up. */
export function detailLines({ code, detail }: Pick<PebbleError, 'code' | 'detail'>): string[] {
  const lines = detail ? detail.replace(/\n$/, '').split('\n') : [];
  if (lines.length <= DETAIL_LINES || code === 'usage' || process.env.PEBBLE_DETAIL) return lines;
  const more = `… ${lines.length - DETAIL_LINES} more lines (set PEBBLE_DETAIL=1 to see them)`;
  return code === 'verifier' ? [more, ...lines.slice(-DETAIL_LINES)] : [...lines.slice(0, DETAIL_LINES), more];
}

function asPebbleError(thrown: unknown): PebbleError {
  if (thrown instanceof PebbleError) return thrown;
  if (thrown instanceof Error && 'syscall' in thrown)
    return new PebbleError('io', { what: thrown.message, cause: thrown });
  return new PebbleError('internal', {
    what: thrown instanceof Error ? thrown.message : String(thrown),
    hint: 'this is a mistake in Pebble: please report it with the lines above',
    ...(thrown instanceof Error && thrown.stack && { detail: thrown.stack }),
    cause: thrown,
  });
}
