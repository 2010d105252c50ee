/** What a tool says of itself: its name, its question, its hooks, and the options that it takes. */
import { basename } from 'node:path';
import { PebbleError } from '../base/errors.ts';
import { formatDiagnostics, type Source } from '../lang/diagnostics/index.ts';
import { parse } from '../lang/syntax/index.ts';

export interface Tool {
  /** The file's name without its ending. */
  readonly name: string;
  /** The first comment line: what the tool answers. */
  readonly question: string;
  /** What it is listed under: its comment `topic:`; ours have one of TOPICS (topics.ts). */
  readonly topic: string | null;
  /** What one event costs the traced program, as its comment `cost:` says; measured, see its page. */
  readonly cost: string | null;
  /** What its comments `note:` say: limits of what it shows. */
  readonly notes: readonly string[];
  /** Its attach points, begin and end left out; timers, too, where it has others. */
  readonly hooks: readonly string[];
  /** Its first argument is the server's program unless one is given: the comment `argument: server`. */
  readonly takesServer: boolean;
  readonly source: Source;
}

const NO_HOOK = /^(?:begin|end|self)(?::|$)/i;
const TIMER = /^(?:interval|i):/i;

/** Reads a tool's text; it is parsed, not compiled. */
export function describeTool(source: Source): Tool {
  const { program, diagnostics } = parse(source);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    throw new PebbleError('syntax', {
      doing: `reading the tool ${source.name}`,
      what: 'it does not parse',
      detail: formatDiagnostics(errors, { colour: false, warnings: false }),
      hint: `\`pebble trace --check ${source.name}\` shows why`,
    });
  }
  const comments = leadingComments(source.text);
  const points = program.probes.flatMap(({ attachPoints }) => attachPoints.map(({ raw }) => raw.trim()));
  const hooks = points.filter((point) => !NO_HOOK.test(point));
  const events = hooks.filter((hook) => !TIMER.test(hook));
  const said = (what: string) =>
    comments.flatMap((line) => (line.startsWith(`${what}: `) ? [line.slice(what.length + 2)] : []));
  return {
    name: basename(source.name).replace(/\.bt$/, ''),
    question: comments.find((line) => line !== '') ?? '',
    topic: said('topic')[0] ?? null,
    cost: said('cost')[0] ?? null,
    notes: said('note'),
    takesServer: comments.includes('argument: server'),
    hooks: [...new Set(events.length > 0 ? events : hooks)],
    source,
  };
}

function leadingComments(text: string): string[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#!'));
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines.slice(0, end < 0 ? lines.length : end).map((line) => line.slice(2).trim());
}
