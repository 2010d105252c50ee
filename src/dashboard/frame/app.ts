/** The frame around every view: navigation, time, facets, and the agent's own state below. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { State } from '../state/store.ts';
import { VIEWS, type View, type ViewBody } from '../views/index.ts';
import { FacetBar } from './facets.ts';
import { givenUpText } from './given-up.ts';
import { Help } from './help.ts';
import { Navigation } from './navigation.ts';
import { StatusBar } from './status-bar.ts';
import { TimeBar } from './time-bar.ts';

export function App(state: State): ComponentChild {
  const { place, status, help, connection } = state;
  const givenUp = status?.overhead && givenUpText(status.overhead);
  const view = VIEWS.find(({ id }) => id === place.view) ?? VIEWS[0]!;
  useEffect(() => {
    document.title = `${view.title} · Pebble`;
  }, [view]);
  return h('div', { class: 'frame' }, [
    h('a', { class: 'skip', href: '#view' }, 'skip to the view'),
    h(Navigation, { current: view.id }),
    h('div', { class: 'page' }, [
      h(TimeBar, state),
      h(FacetBar, { place }),
      connection === 'signed out' && h('p', { class: 'alarm', role: 'alert' }, SIGNED_OUT),
      ...(status?.refused ?? []).map(({ pgdata, reason }) =>
        h('p', { class: 'alarm', key: pgdata }, `Not watched: ${pgdata}: ${reason}`),
      ),
      status?.shortcoming != null && h('p', { class: 'shortcoming', role: 'note' }, status.shortcoming),
      givenUp && h('p', { class: 'shortcoming', role: 'note' }, givenUp),
      h('main', { id: 'view', tabIndex: -1 }, [
        h('div', { class: 'title' }, [h('h1', {}, view.title), h('p', { class: 'quiet' }, view.question)]),
        h(Body, { view, key: view.id, connections: state.connections }),
      ]),
    ]),
    h(StatusBar, state),
    help && h(Help, {}),
  ]);
}

const SIGNED_OUT =
  'You are signed out: the agent was started anew, or twelve hours are over. Open the link that it printed, or sign in, in another tab: this page then goes on by itself.';

/** A view's code is loaded when it is first looked at. */
function Body({ view, connections }: { readonly view: View; readonly connections: number }): ComponentChild {
  const [loaded, setLoaded] = useState<ViewBody | undefined>(() => bodies.get(view.id));
  const [error, setError] = useState<string>();
  useEffect(() => {
    if (loaded) return;
    view.load().then(
      (body) => {
        bodies.set(view.id, body);
        setLoaded(() => body);
        setError(undefined);
      },
      (cause: Error) => setError(cause.message),
    );
  }, [view, connections]);
  if (error) return h('p', { class: 'alarm', role: 'alert' }, `This view cannot be loaded: ${error}`);
  return loaded ? h(loaded, {}) : h('p', { class: 'quiet' }, 'loading …');
}

const bodies = new Map<string, ViewBody>();
