/** What everything on the page is filtered by; each can be taken back. */
import { type ComponentChild, h } from 'preact';
import { FACETS, type Facet, type Place, withFacet } from '../state/place.ts';
import { store } from '../state/store.ts';

const WORDS: Readonly<Record<Facet, string>> = {
  host: 'host',
  cluster: 'cluster',
  database: 'database',
  user: 'user',
  application: 'application',
  client: 'client',
  fingerprint: 'query',
  backend_type: 'process',
  wait_event_type: 'waits for',
  wait_event: 'event',
};

export function FacetBar({ place }: { readonly place: Place }): ComponentChild {
  const { status } = store.state;
  const clusters = status?.clusters ?? [];
  const chips = FACETS.filter((name) => place.facets[name] !== undefined).map((name) =>
    h('li', { key: name }, [
      `${WORDS[name]} `,
      h('strong', {}, place.facets[name]),
      h(
        'button',
        {
          type: 'button',
          'aria-label': `no longer only ${WORDS[name]} ${place.facets[name]}`,
          onClick: () => store.go(withFacet(place, name, undefined)),
        },
        '×',
      ),
    ]),
  );
  if (chips.length === 0 && clusters.length < 2) return null;
  return h('div', { class: 'facets' }, [
    clusters.length > 1 && clusterChoice(place, clusters),
    chips.length > 0 && h('ul', { class: 'chips', 'aria-label': 'filters' }, chips),
  ]);
}

function clusterChoice(
  place: Place,
  clusters: readonly { readonly pgdata: string; readonly major: number }[],
): ComponentChild {
  const go = (value: string): void => store.go(withFacet(place, 'cluster', value === '' ? undefined : value));
  return h(
    'select',
    {
      'aria-label': 'cluster',
      value: place.facets.cluster ?? '',
      onChange: ({ currentTarget }: { currentTarget: HTMLSelectElement }) => go(currentTarget.value),
    },
    [
      h('option', { value: '' }, `all ${clusters.length} clusters`),
      ...clusters.map(({ pgdata, major }) =>
        h('option', { key: pgdata, value: pgdata }, `PostgreSQL ${major} in ${pgdata}`),
      ),
    ],
  );
}

/** Adds a filter, and stays or goes to another view. */
export function filterBy(name: Facet, value: string, view?: string): void {
  const { place } = store.state;
  store.go({ ...withFacet(place, name, value), view: view ?? place.view });
}
