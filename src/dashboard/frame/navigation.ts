/** The views as links, so that they open in a new tab, too. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { movedTo, type Place, searchOf } from '../state/place.ts';
import { store } from '../state/store.ts';
import { VIEWS } from '../views/index.ts';

export function Navigation({ current }: { readonly current: string }): ComponentChild {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // On narrow screens the list scrolls sideways.
    const link = list.current!.querySelector<HTMLElement>('[aria-current]');
    if (link) list.current!.scrollLeft = link.offsetLeft - list.current!.clientWidth / 3;
  }, [current]);
  return h('nav', { 'aria-label': 'views' }, [
    h('div', { class: 'brand' }, [h('img', { src: '/icon.svg', alt: '', width: 20, height: 20 }), 'Pebble']),
    h(
      'ul',
      { ref: list },
      VIEWS.map(({ id, title, question, key }) =>
        h('li', { key: id }, [
          h(PlaceLink, {
            to: movedTo(store.state.place, id),
            current: id === current,
            title: `${question} (g ${key})`,
            children: title,
          }),
        ]),
      ),
    ),
  ]);
}

interface LinkProps {
  readonly to: Place;
  readonly children?: ComponentChild;
  readonly title?: string;
  readonly current?: boolean;
  readonly class?: string;
}

/** A link within the page; with a modifier key the browser does what it does with links. */
export function PlaceLink({ to, children, title, current, class: name }: LinkProps): ComponentChild {
  const onClick = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    store.go(to);
  };
  return h(
    'a',
    { href: searchOf(to) || '/', onClick, title, class: name, 'aria-current': current ? 'page' : undefined },
    children,
  );
}
