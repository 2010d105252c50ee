/** Prints diagnostics as bpftrace does: `stdin:1:9-12: ERROR: message`, the line, and tildes under the span. */
import type { Diagnostic, Severity } from './diagnostics.ts';
import { position, type Source, type Span, viaOf } from './source.ts';

export interface FormatOptions {
  readonly colour?: boolean;
  /** Default: true. */
  readonly warnings?: boolean;
}

const COLOUR: Record<Severity, string> = { error: '\x1b[31m', warning: '\x1b[33m' };
const RESET = '\x1b[0m';
const TAB = '    ';

/** All of them, errors before warnings; every line ends with a newline. */
export function formatDiagnostics(diagnostics: Iterable<Diagnostic>, options: FormatOptions = {}): string {
  const all = [...diagnostics];
  const errors = all.filter((one) => one.severity === 'error');
  const warnings = options.warnings === false ? [] : all.filter((one) => one.severity === 'warning');
  return [...errors, ...warnings].map((one) => formatDiagnostic(one, options)).join('');
}

export function formatDiagnostic(diagnostic: Diagnostic, options: FormatOptions = {}): string {
  const { severity } = diagnostic;
  let text = entry(severity, diagnostic.message, diagnostic.span, options);
  for (const { span, message } of diagnostic.related) text += entry(severity, message, span, options);
  for (const hint of diagnostic.hints) text += `HINT: ${hint}\n`;
  for (let via = diagnostic.span && viaOf(diagnostic.span); via; via = viaOf(via))
    text += entry(severity, 'expanded from', via, options);
  return text;
}

function entry(severity: Severity, message: string, span: Span | undefined, options: FormatOptions): string {
  const place = span ? `${formatPlace(span)}: ` : '';
  const head = `${place}${severity.toUpperCase()}: ${message}`;
  return `${options.colour ? COLOUR[severity] + head + RESET : head}\n${span ? excerpt(span) : ''}`;
}

/** `name:line:from-to`, or `name:line-line` for a span of several lines. */
export function formatPlace(span: Span): string {
  const start = position(span.source, span.start);
  const end = position(span.source, span.end);
  return start.line === end.line
    ? `${span.source.name}:${start.line}:${start.column}-${end.column}`
    : `${span.source.name}:${start.line}-${end.line}`;
}

function excerpt(span: Span): string {
  const start = position(span.source, span.start);
  const end = position(span.source, span.end);
  const lines = linesOf(span.source).slice(start.line - 1, end.line);
  if (start.line !== end.line) return lines.map((line) => `${line}\n`).join('');
  const [line] = lines;
  if (line === undefined) return '';
  return `${line.replaceAll('\t', TAB)}\n${markers(line, start.column, end.column)}\n`;
}

/** One marker a byte from column `from` to before `to`, blanks before; a tab takes four. */
function markers(line: string, from: number, to: number): string {
  let text = '';
  let column = 1;
  for (const char of line) {
    for (const width = column + Buffer.byteLength(char); column < width && column < to; column++) {
      const marker = column < from ? ' ' : '~';
      text += char === '\t' ? marker.repeat(TAB.length) : marker;
    }
  }
  return text;
}

function linesOf(source: Source): string[] {
  const lines = source.text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
