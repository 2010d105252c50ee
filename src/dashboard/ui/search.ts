/** A search within a view; the text is part of the address. */
import { type ComponentChild, h } from 'preact';
import { withOwn } from '../state/place.ts';
import { store } from '../state/store.ts';

export function Search({ label }: { readonly label: string }): ComponentChild {
  return h('input', {
    type: 'search',
    placeholder: `${label} (/)`,
    'aria-label': label,
    value: store.state.place.own.search ?? '',
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
      store.adjust(withOwn(store.state.place, { search: currentTarget.value })),
  });
}
