/** bench and test: run by hand and timed, or run and checked by their result. */
import type { ProbeKind } from './kind.ts';

function named(name: 'bench' | 'test', doc: string): ProbeKind {
  const kind: ProbeKind = {
    names: [name],
    counts: [1],
    usage: [`${name}:NAME`],
    doc,
    space: 'unknown',
    expand(point, { diagnostics }) {
      const [, label = ''] = point.parts;
      if (label !== '') return [{ name: `${name}:${label}`, kind, program: 'raw_tracepoint', how: name, links: [] }];
      diagnostics.error(point.span, `${name} probe must have a name: ${name}:NAME`);
      return [];
    },
  };
  return kind;
}

export const bench = named('bench', 'Measured by --mode bench: how long one run takes.');
export const testProbe = named('test', 'Run by --mode test: passes unless it returns something else than 0.');
