/** Fields of rows that one can ask for: the same names in the address of a page, in the API and in `--json`. */
export const FACETS = [
  'host',
  'cluster',
  'database',
  'user',
  'application',
  'client',
  'fingerprint',
  'backend_type',
  'wait_event_type',
  'wait_event',
] as const;
export type Facet = (typeof FACETS)[number];
export type Facets = Readonly<Partial<Record<Facet, string>>>;
