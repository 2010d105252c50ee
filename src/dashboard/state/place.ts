/** Where the reader is: view, time range, facets, comparison and each view's own choices, as the address says it. Pure. */
import { FACETS, type Facet, type Facets } from '../../api/facets.ts';
import { parseDuration } from '../../base/time.ts';

/** Moments in ms since 1970. `last` moves with the clock; `between` stands still. */
export type Range =
  | { readonly kind: 'last'; readonly seconds: number }
  | { readonly kind: 'between'; readonly from: number; readonly to: number };

export { FACETS, type Facet, type Facets };

export interface Place {
  readonly view: string;
  readonly range: Range;
  readonly facets: Facets;
  /** Seconds from the window to the earlier one that it is compared with; 0: the window just before. */
  readonly compare: number | undefined;
  /** What only the view understands: its order, its search, its selected row. */
  readonly own: Readonly<Record<string, string>>;
}

export const FIRST_VIEW = 'load';
const FIRST_RANGE: Range = { kind: 'last', seconds: 300 };

const RESERVED = new Set<string>(['view', 'last', 'from', 'to', 'compare', ...FACETS]);

export function placeOf(search: string): Place {
  const params = new URLSearchParams(search);
  const given = FACETS.flatMap((name) => (params.get(name) === null ? [] : [[name, params.get(name)]]));
  return {
    view: params.get('view') ?? FIRST_VIEW,
    range: rangeOf(params),
    facets: Object.fromEntries(given) as Facets,
    compare: compareOf(params.get('compare')),
    own: Object.fromEntries([...params].filter(([name]) => !RESERVED.has(name))),
  };
}

export function searchOf({ view, range, facets, compare, own }: Place): string {
  const params = new URLSearchParams();
  if (view !== FIRST_VIEW) params.set('view', view);
  for (const [name, value] of [...rangeParams(range), ...Object.entries(facets)]) params.set(name, value);
  if (compare !== undefined) params.set('compare', compare === 0 ? 'before' : durationText(compare));
  for (const [name, value] of Object.entries(own)) params.set(name, value);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** The range as the API takes it, too. */
export function rangeParams(range: Range): [string, string][] {
  if (range.kind === 'last') return [['last', durationText(range.seconds)]];
  return [
    ['from', new Date(range.from).toISOString()],
    ['to', new Date(range.to).toISOString()],
  ];
}

export const isLive = ({ range }: Place): boolean => range.kind === 'last';

export const secondsOf = (range: Range): number =>
  range.kind === 'last' ? range.seconds : (range.to - range.from) / 1000;

/** The same range as moments; `now` is the agent's clock. */
export function momentsOf(range: Range, now: number): { readonly from: number; readonly to: number } {
  return range.kind === 'between' ? range : { from: now - range.seconds * 1000, to: now };
}

export const movedTo = (place: Place, view: string, own: Place['own'] = {}): Place => ({ ...place, view, own });

export function withFacet(place: Place, name: Facet, value: string | undefined): Place {
  const { [name]: _, ...others } = place.facets;
  return { ...place, facets: value === undefined ? others : { ...others, [name]: value } };
}

export const withOwn = (place: Place, change: Place['own']): Place => ({
  ...place,
  own: Object.fromEntries(Object.entries({ ...place.own, ...change }).filter(([, value]) => value !== '')),
});

/** The earlier window, for the API. */
export function comparedRange({ range, compare }: Place, now: number): Range | undefined {
  if (compare === undefined) return undefined;
  const { from, to } = momentsOf(range, now);
  const by = compare === 0 ? to - from : compare * 1000;
  return { kind: 'between', from: from - by, to: to - by };
}

/** `90s`, `5m`, `1d`: the largest unit that gives a whole number. */
export function durationText(seconds: number): string {
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

function rangeOf(params: URLSearchParams): Range {
  const [from, to] = [Date.parse(params.get('from') ?? ''), Date.parse(params.get('to') ?? '')];
  if (from < to) return { kind: 'between', from, to };
  const ms = parseDuration(params.get('last') ?? '') ?? 0;
  return ms >= 1000 ? { kind: 'last', seconds: Math.round(ms / 1000) } : FIRST_RANGE;
}

function compareOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  return text === 'before' ? 0 : Math.round((parseDuration(text) ?? 0) / 1000);
}
