/** Reports of the run as lines for standard error, in bpftrace's words. */
import { type Diagnostic, formatDiagnostic, type Source, type Span } from '../../lang/diagnostics/index.ts';
import type { SourcePlace } from '../../lang/script.ts';
import type { ReportFormat, RuntimeError, Severity } from './output-format.ts';
import { type ByteText, toBytes } from './printable.ts';

export interface ReportOptions {
  readonly source: Source;
  readonly colour: boolean;
  /** False: warnings are left out (--no-warnings). */
  readonly warnings: boolean;
}

export function textReports(options: ReportOptions): ReportFormat {
  const { colour, warnings } = options;
  return {
    attached: (probes) => `Attached ${probes} probe${probes === 1 ? '' : 's'}\n`,
    lost: (events) => `Lost ${events} events\n`,
    scripted(severity, text, at) {
      if (severity === 'WARNING' && !warnings) return '';
      // The line without an excerpt, and with one line break fewer than the script wrote.
      return (
        reportLine(severity, `${placeText(at)}: `, text.replace(/\n$/, ''), colour) + callers(severity, at, options)
      );
    },
    runtimeError: (error, at) => (warnings ? runtimeText(error, at, options) : ''),
  };
}

/** The calls of the macros that the place is in. */
function callers(severity: Severity, { via }: SourcePlace, options: ReportOptions): ByteText {
  if (via === undefined || via.file !== options.source.name) return '';
  const diagnostic: Diagnostic = {
    severity: severity === 'ERROR' ? 'error' : 'warning',
    message: 'expanded from',
    hints: [],
    related: [],
    span: spanOf(options.source, via),
  };
  return toBytes(formatDiagnostic(diagnostic, options)) + callers(severity, via, options);
}

/** `place` ends with a colon and a space, or is empty. */
export function reportLine(severity: Severity, place: string, text: ByteText, colour: boolean): ByteText {
  const line = `${place}${severity}: ${text}`;
  return colour ? `${severity === 'ERROR' ? '\x1b[31m' : '\x1b[33m'}${line}\x1b[0m\n` : `${line}\n`;
}

function runtimeText(error: RuntimeError, at: SourcePlace, { source, colour }: ReportOptions): ByteText {
  const helper = `\nAdditional Info - helper: ${error.helper}, retcode: ${error.code}`;
  const message = error.helper === '' ? error.message : `${explain(error)}${helper}`;
  if (at.file !== source.name) return reportLine('WARNING', `${placeText(at)}: `, toBytes(message), colour);
  const span = spanOf(source, at);
  const diagnostic: Diagnostic = { severity: 'warning', message, hints: [], related: [], span };
  return toBytes(formatDiagnostic(diagnostic, { colour }));
}

const E2BIG = 7;
const ENOENT = 2;

/** What the failure of a helper means to a script. */
function explain({ helper, message, code }: RuntimeError): string {
  if (helper === 'map_update_elem' && code === -E2BIG) {
    return "Map full; can't update element. Try increasing max_map_keys config or manually setting the max entries in a map declaration e.g. `let @a = hash(5000)`";
  }
  if (helper === 'map_delete_elem' && code === -ENOENT) return "Can't delete map element because it does not exist.";
  if (helper === 'map_lookup_elem') return "Can't lookup map element because it does not exist.";
  return message;
}

function placeText({ file, line, column, endLine, endColumn }: SourcePlace): string {
  return line === endLine ? `${file}:${line}:${column}-${endColumn}` : `${file}:${line}-${endLine}`;
}

function spanOf(source: Source, at: SourcePlace): Span {
  return {
    source,
    start: offsetOf(source.text, at.line, at.column),
    end: offsetOf(source.text, at.endLine, at.endColumn),
  };
}

/** Offset in UTF-16 units of a 1-based line and a 1-based column of UTF-8 bytes. */
function offsetOf(text: string, line: number, column: number): number {
  let offset = 0;
  for (let i = 1; i < line; i++) offset = text.indexOf('\n', offset) + 1;
  for (let bytes = 1; bytes < column && offset < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(offset)!);
    bytes += Buffer.byteLength(character);
    offset += character.length;
  }
  return offset;
}
