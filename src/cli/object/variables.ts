/** `--set NAME=VALUE`: first values of an object's global variables. */
import { PebbleError } from '../../base/errors.ts';
import type { BpfObject } from '../../bpf/object/host/index.ts';

export function setVariables(object: BpfObject, assignments: readonly string[]): void {
  for (const assignment of assignments) {
    const [, name, text] = /^(\w+)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || text === undefined) {
      throw new PebbleError('usage', { what: `--set wants NAME=VALUE, not ${JSON.stringify(assignment)}` });
    }
    object.set(name, valueLike(object.get(name), name, text));
  }
}

/** A value of the kind that the variable has now. */
function valueLike(now: unknown, name: string, text: string): unknown {
  if (typeof now === 'string') return text;
  const number = text === 'true' ? 1n : text === 'false' ? 0n : integer(text);
  if (number !== undefined && (typeof now === 'number' || typeof now === 'bigint')) return number;
  throw new PebbleError('usage', {
    what: `--set ${name}: ${JSON.stringify(text)} is no value for it`,
    hint: 'integers, true, false, and text for char arrays can be set',
  });
}

function integer(text: string): bigint | undefined {
  if (!/^-?(0x[\da-f]+|\d+)$/i.test(text)) return undefined;
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}
