/** tracepoint: the kernel's static events, with the arguments that tracefs describes. */
import { didYouMean } from '../diagnostics/index.ts';
import type { AttachPoint } from '../syntax/ast.ts';
import type { ExpandContext, ProbeKind, ProbePoint } from './kind.ts';
import { tracepointStruct } from './tracepoint-format.ts';
import { isPattern, matcher } from './wildcard.ts';

export const tracepoint: ProbeKind = {
  names: ['tracepoint', 't'],
  counts: [2],
  usage: ['tracepoint:CATEGORY:EVENT'],
  doc: 'A static event of the kernel; args has the fields that `pebble trace -lv` lists.',
  space: 'kernel',
  expand,
};

function expand(point: AttachPoint, context: ExpandContext): ProbePoint[] {
  const [, category = '', event = ''] = point.parts;
  if (point.parts.length !== 3 || category === '' || event === '') {
    context.diagnostics.error(
      point.span,
      'tracepoint probe must have a category and an event: tracepoint:CATEGORY:EVENT',
    );
    return [];
  }
  const found = matching(category, event, context);
  if (found.length === 0) {
    const hint = event.includes('/')
      ? 'a condition stands apart from the probe: put a space before its /'
      : didYouMean(`${category}:${event}`, context.host.tracepoints?.() ?? []);
    context.missing(point, `tracepoint ${category}:${event}`, hint);
  }
  return found.map(([c, e]) => pointOf(c, e, context));
}

/** A name without wildcards is believed when there is no list to look it up in. */
function matching(category: string, event: string, { host }: ExpandContext): [string, string][] {
  if (!isPattern(category) && !isPattern(event)) {
    if (host.tracepointFormat && host.tracepointFormat(category, event) === undefined) return [];
    return [[category, event]];
  }
  const isCategory = matcher(category);
  const isEvent = matcher(event);
  return (host.tracepoints?.() ?? [])
    .map((name) => name.split(':') as [string, string])
    .filter(([c, e]) => isCategory(c) && isEvent(e));
}

function pointOf(category: string, event: string, { host, types, uses }: ExpandContext): ProbePoint {
  const format = uses.has('args') ? host.tracepointFormat?.(category, event) : undefined;
  return {
    name: `tracepoint:${category}:${event}`,
    kind: tracepoint,
    program: 'tracepoint',
    how: 'attach',
    links: [{ kind: 'tracepoint', category, event }],
    ...(format !== undefined && {
      args: { in: 'context', struct: tracepointStruct(category, event, format, types) },
    }),
  };
}
