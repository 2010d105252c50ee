/** The dashboard's frame: what is watched, and the views. */
import { type ComponentChild, h, render } from 'preact';
import { follow, type LiveState } from './feed.ts';
import { LoadView } from './load/view.ts';
import { QueryTable } from './queries/table.ts';

function App({ history, frame, connected }: LiveState): ComponentChild {
  const watched = frame.clusters.map(({ major, pgdata }) => `PostgreSQL ${major} in ${pgdata}`).join(', ');
  return h('main', {}, [
    h('header', {}, [
      h('h1', {}, 'Pebble'),
      h('span', { class: 'quiet' }, watched),
      h(
        'span',
        { role: 'status', class: connected ? 'quiet' : 'alarm' },
        connected ? 'live' : 'the agent does not answer; trying again',
      ),
    ]),
    ...frame.refused.map(({ pgdata, reason }) => h('p', { class: 'alarm' }, `Not watched: ${pgdata}: ${reason}`)),
    h(LoadView, { history, cpus: frame.cpus }),
    h(QueryTable, { rows: frame.queries }),
  ]);
}

const root = document.getElementById('app')!;
follow((state) => render(h(App, state), root)).catch((error: Error) => {
  render(h('p', { class: 'alarm', role: 'alert' }, `The agent could not be read: ${error.message}`), root);
});
