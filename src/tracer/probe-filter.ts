/** --probe-filter: a script without the probes whose names do not match. */
import { PebbleError } from '../base/errors.ts';
import type { CompiledScript } from '../lang/script.ts';

/** begin, end and signal probes stay, whatever they are called; programs and links that nobody needs go. */
export function filterProbes(script: CompiledScript, expression: string | undefined): CompiledScript {
  if (expression === undefined) return script;
  const wanted = readExpression(expression);
  const isFixed = (how: string): boolean => how === 'begin' || how === 'end' || how === 'signal';
  const kept = script.probes.filter(({ name, how }) => isFixed(how) || wanted.test(name));
  const programs = new Set(kept.map(({ program }) => program));
  const indices = [...new Set(kept.flatMap(({ links }) => links))].sort((a, b) => a - b);
  const { collection } = script;
  return {
    ...script,
    collection: {
      ...collection,
      programs: collection.programs.filter(({ name }) => programs.has(name)),
      links: indices.map((index) => collection.links[index]!),
    },
    probes: kept.map((probe) => ({ ...probe, links: probe.links.map((link) => indices.indexOf(link)) })),
  };
}

function readExpression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    const what = `Invalid --probe-filter regex '${text}': ${(cause as Error).message}`;
    throw new PebbleError('usage', { what, cause });
  }
}
