/** What cannot be told apart by application and client: it says so, rather than being of all of them under that filter. */
import { PebbleError } from '../base/errors.ts';
import type { Facet, Facets, Question } from './question.ts';

/** Only sessions and their load are told apart by these. */
export const ASKERS: readonly Facet[] = ['application', 'client'];

/** Of whoever asks; and what is of a server, and knows no sessions. */
const NOT_BLIND: ReadonlySet<string> = new Set([
  '/api/load',
  '/api/rows/clients',
  '/api/rows/sessions',
  '/api/rows/findings',
  '/api/rows/events',
  '/api/status',
  '/api/catalog',
  '/api/me',
  '/api/fleet',
  '/api/history',
  '/api/text',
]);

export function whyBlind(path: string, facets: Facets): string | undefined {
  const asked = ASKERS.filter((name) => facets[name] !== undefined);
  if (asked.length === 0 || NOT_BLIND.has(path)) return undefined;
  return `This is not told apart by ${asked.join(' and ')}, only load and sessions are: take that filter away.`;
}

export function refuseBlind(path: string, { facets }: Question): void {
  const what = whyBlind(path, facets);
  // Rows have words for what is missing.
  if (what !== undefined && !path.startsWith('/api/rows/'))
    throw new PebbleError('usage', { doing: 'filtering', what });
}
