/** --probe-filter: which probes are attached, by their names. */
import { PebbleError } from '../base/errors.ts';

export function probeFilter(expression: string | undefined): ((probe: string) => boolean) | undefined {
  if (expression === undefined) return undefined;
  const wanted = readExpression(expression);
  return (probe) => wanted.test(probe);
}

function readExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    const what = `Invalid --probe-filter regex '${text}': ${(cause as Error).message}`;
    throw new PebbleError('usage', { what, cause });
  }
}
