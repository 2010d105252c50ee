/** bench and test: run by hand and timed, or run and checked by their result. */
import type { ProbeKind } from './kind.ts';

function named(name: 'bench' | 'test', doc: string): ProbeKind {
  const kind: ProbeKind = {
    names: [name],
    counts: [1],
    usage: [`${name}:NAME`],
    doc,
    space: 'unknown',
    expand(point, { diagnostics, labels }) {
      const [, label = ''] = point.parts;
      if (label === '') {
        diagnostics.error(point.span, `${name} probes must have a name`, { hints: [`write ${name}:NAME`] });
        return [];
      }
      const full = `${name}:${label}`;
      const other = labels.get(full);
      if (other) {
        diagnostics.error(point.span, `"${label}" was used as the name for more than one ${name.toUpperCase()} probe`, {
          related: [{ span: other, message: 'this is the other instance' }],
        });
        return [];
      }
      labels.set(full, point.span);
      return [{ name: full, kind, program: 'raw_tracepoint', how: name, links: [] }];
    },
  };
  return kind;
}

export const bench = named('bench', 'Measured by --mode bench: how long one run takes.');
export const testProbe = named('test', 'Run by --mode test: passes unless it returns something else than 0.');
