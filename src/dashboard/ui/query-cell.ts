/** A statement as a cell: its beginning on one line, in colours. */
import { type ComponentChild, h } from 'preact';
import { movedTo, type Place, withFacet } from '../state/place.ts';
import { store } from '../state/store.ts';
import { Colours, oneLine } from './sql.ts';

interface Named {
  readonly query: string | null;
  readonly fingerprint: string | null;
}

export function QueryCell({ query, fingerprint }: Named): ComponentChild {
  if (query === null) return h('span', { class: 'quiet' }, fingerprint === null ? '(no statement)' : '(text not seen)');
  const line = oneLine(query);
  return h('span', { class: 'sql-line', title: line }, h(Colours, { sql: line }));
}

/** The place of one query's own page. */
export function queryPlace(fingerprint: string): Place {
  const { wait_event_type: _type, wait_event: _event, ...facets } = store.state.place.facets;
  return movedTo({ ...withFacet({ ...store.state.place, facets }, 'fingerprint', fingerprint) }, 'query');
}

export const openQuery = ({ fingerprint }: { readonly fingerprint: string | null }): void => {
  if (fingerprint !== null) store.go(queryPlace(fingerprint));
};
