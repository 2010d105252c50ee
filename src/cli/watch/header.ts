/** Lines above every table: what is watched, what is not, and what of it was not seen. */
import { outputColumns } from '../../terminal/index.ts';
import type { Observer } from './observer.ts';

export type Shown = Pick<Observer, 'clusters' | 'refused'> & Partial<Pick<Observer, 'shortcoming'>>;

export function headerLines(
  { clusters, refused, shortcoming }: Shown,
  summary: string,
  rows: readonly { readonly coverage: string; readonly dropped: number }[],
  note?: () => string,
): string[] {
  const names = clusters.map(({ major, pgdata }) => `PostgreSQL ${major} in ${pgdata}`).join(', ');
  return [
    `pebble: ${names || 'no server runs any more'}`,
    ...inWidth([...coverageText(rows), summary]),
    ...(shortcoming ? [shortcoming] : []),
    ...(note ? [note()] : []),
    ...refused.map(({ pgdata, reason }) => `not watched: ${pgdata}: ${reason.what}`),
  ];
}

/** On one line where there is room. */
function inWidth(parts: readonly string[]): readonly string[] {
  const line = parts.join('   ');
  return line.length > outputColumns() ? parts : [line];
}

function coverageText([first]: readonly { readonly coverage: string; readonly dropped: number }[]): string[] {
  if (!first || first.coverage === 'sampled') return [];
  if (first.coverage === 'exact') return ['every event counted'];
  return [first.dropped > 0 ? `${first.coverage}: ${first.dropped} events lost` : first.coverage];
}
