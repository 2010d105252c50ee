/** A titled part of a view; it says by itself when its data is on the way, is not collected, or is not certain. */
import { type ComponentChild, h } from 'preact';
import type { Earlier, Rows } from '../data/rows.ts';
import { secondsOf } from '../state/place.ts';
import { store } from '../state/store.ts';
import { CoverageBadge, EarlierBadge, Missing } from './coverage.ts';

export interface PanelProps {
  readonly title: string;
  readonly children?: ComponentChild;
  /** What the content is made of. */
  readonly of?: Omit<Rows<unknown>, 'rows'> | undefined;
  /** What it is compared with. */
  readonly earlier?: Omit<Earlier<unknown>, 'rows'> | undefined;
  readonly note?: ComponentChild;
}

export function Panel({ title, children, of, earlier, note }: PanelProps): ComponentChild {
  const id = `panel-${title.toLowerCase().replace(/\W+/g, '-')}`;
  const askedUs = secondsOf(store.state.place.range) * 1e6;
  return h('section', { 'aria-labelledby': id }, [
    h('div', { class: 'panel-head' }, [
      h('h2', { id }, title),
      of?.window && h(CoverageBadge, { window: of.window, askedUs }),
      earlier && h(EarlierBadge, { earlier, askedUs }),
      note && h('span', { class: 'quiet note' }, note),
    ]),
    bodyOf(title, of, children),
  ]);
}

function bodyOf(title: string, of: PanelProps['of'], children: ComponentChild): ComponentChild {
  if (of?.missing !== undefined) return h(Missing, { what: title, reason: of.missing });
  if (of?.isLoading) return h('p', { class: 'quiet' }, 'asking …');
  return children;
}
