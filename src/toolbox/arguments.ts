/** What a tool is given, held against what its script asks for: a wrong word is a matter of usage, not of this host. */
import { PebbleError } from '../base/errors.ts';
import type { ScriptOption } from './run.ts';
import type { Tool } from './tool.ts';

const INTEGER = /^-?(?:\d+|0x[0-9a-f]+)$/i;

export function checkArguments(
  tool: Tool,
  positional: readonly string[],
  own: readonly ScriptOption[],
  named: ReadonlyMap<string, string | undefined>,
): void {
  for (const { name, defaultValue } of own) {
    const text = named.get(name);
    if (typeof defaultValue === 'bigint' && text !== undefined && !INTEGER.test(text))
      throw new PebbleError('usage', { what: `--${name} wants a number, not ${JSON.stringify(text)}` });
  }
  const wanted = countParameters(tool);
  const isServerMeant = tool.takesServer && positional.length === 0 && wanted === 1;
  if (positional.length >= wanted || isServerMeant) return;
  throw new PebbleError('usage', {
    what: `${tool.name} wants ${wanted} argument${wanted === 1 ? '' : 's'}, and got ${positional.length || 'none'}`,
    hint: aboutArguments(tool) ?? `\`pebble run ${tool.name} --help\``,
  });
}

/** What its notes say of its arguments. */
export const aboutArguments = ({ notes }: Tool): string | undefined => notes.find((note) => /^arguments?: /.test(note));

/** The highest of the script's $1, $2, … */
function countParameters({ source }: Tool): number {
  const code = source.text.replace(/^\s*\/\/.*$/gm, '');
  return Math.max(0, ...[...code.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
}
