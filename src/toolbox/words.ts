/** What a tool says beside its rows: what it traces at which cost, why nothing came of it, and what else answers where it cannot run. */
import { existsSync } from 'node:fs';
import type { Diagnostic } from '../lang/index.ts';
import type { ScriptOption } from './run.ts';
import type { Tool } from './tool.ts';
import type { View } from './views.ts';

/** Terminals are at least so wide, as far as tools are concerned. */
const COLUMNS = 100;
/** Hooks that are named one by one. */
const MOST_HOOKS = 3;

/** Printed before the rows; `ends`: when it does. */
export function header(
  { name, question, hooks, cost, notes }: Tool | View,
  ends?: string,
  width: number = COLUMNS,
): string {
  const facts = [
    `hooks: ${shortHooks(hooks).join(', ')}`,
    `cost: ${cost ?? 'not measured'}`,
    ...(ends === undefined ? [] : [ends]),
  ];
  const wrapped = (text: string) => filled(text.split(' '), ' ', width);
  const all = [`${name}: ${question}`, ...filled(facts, '; ', width), ...notes.map((note) => `note: ${note}`)];
  return `${all.flatMap(wrapped).join('\n')}\n`;
}

/** Of probes, the first; both ends of a function are one place. */
export function fewOf(probes: readonly string[]): string {
  const [first, ...more] = [...new Set(probes.map((probe) => probe.replace(/^uretprobe:/, 'uprobe:')))];
  return more.length === 0 ? first! : `${first} and ${more.length} more`;
}

/** Many hooks of one kind are one: `tracepoint:syscalls (16)`. */
export function shortHooks(hooks: readonly string[]): string[] {
  if (hooks.length <= MOST_HOOKS) return [...hooks];
  const kinds = Map.groupBy(hooks, (hook) => hook.split(':').slice(0, 2).join(':'));
  return [...kinds].map(([kind, of]) => (of.length === 1 ? of[0]! : `${kind} (${of.length})`));
}

/** As many parts on a line as fit. */
function filled(parts: readonly string[], gap: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const joined = lines.length > 0 ? `${lines.at(-1)}${gap}${part}` : part;
    if (lines.length === 0 || joined.length > width) lines.push(part);
    else lines[lines.length - 1] = joined;
  }
  return lines;
}

/** Said when a run ends without a row: the tool worked, and what kept rows away. */
export function silence(
  { name, notes }: Tool,
  hooks: number,
  options: readonly ScriptOption[],
  given: ReadonlyMap<string, string | undefined>,
): string {
  const narrowed = options.flatMap(({ name: option, defaultValue }) => {
    if (given.has(option))
      return `--${option} ${given.get(option) ?? ''}${option === 'pid' ? life(given.get(option)) : ''}`.trimEnd();
    return typeof defaultValue === 'bigint' && defaultValue > 0n ? `--${option} ${defaultValue}, its default` : [];
  });
  return [
    `No event: ${name} was attached to ${hooks} hook${hooks === 1 ? '' : 's'} and saw nothing that it shows.`,
    ...(narrowed.length > 0 ? [`Only: ${narrowed.join('; ')}.`] : []),
    ...notes.map((note) => `Note: ${note}.`),
  ].join(' ');
}

const life = (pid: string | undefined): string => (existsSync(`/proc/${pid}`) ? '' : ', which does not run');

/** Errors that are named one by one. */
const MOST_REASONS = 3;

/** Why a tool does not compile for this host, without its lines: `pebble trace --check` shows those. */
export function reasons(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity, message }) => severity === 'error' && !NO_POINTS.test(message));
  const messages = [...new Set(errors.map(({ message }) => message))];
  const more = messages.length > MOST_REASONS ? [`… and ${messages.length - MOST_REASONS} more`] : [];
  return [...messages.slice(0, MOST_REASONS), ...more].join('\n');
}

/** Follows from another. */
const NO_POINTS = /^Probe has no valid attach points/;

/** Where a tool cannot run: what its notes offer in its place. */
export function otherWay({ notes }: Tool): string {
  const needs = notes.filter((note) => /\bneeds?\b|without/.test(note));
  return [...needs, '`pebble doctor` shows which hooks this kernel has'].join('; ');
}
