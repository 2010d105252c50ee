/** What keys do, what colours mean, and how sure a figure is. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { store } from '../state/store.ts';
import { KINDS } from '../ui/classes.ts';
import { swatch } from '../ui/stack-chart.ts';
import { VIEWS } from '../views/index.ts';
import { KEYS } from './keys.ts';

export function Help(): ComponentChild {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  const close = (): void => store.set({ help: false });
  return h('dialog', { ref: dialog, class: 'help', 'aria-labelledby': 'help', onClose: close }, [
    h('form', { method: 'dialog', class: 'head' }, [
      h('h2', { id: 'help' }, 'Help'),
      h('button', {}, 'close (Escape)'),
    ]),
    h(
      'p',
      {},
      'Drag over a chart to zoom in; click a colour, a bar or a name to see only that. The address says what you see: send it to a colleague.',
    ),
    h('div', { class: 'columns' }, [
      h('section', {}, [
        h('h3', {}, 'Keys'),
        h('table', {}, [
          ...KEYS.map(({ key, does }) => keyRow(key === ' ' ? 'space' : key, does)),
          keyRow('↑ ↓', 'in a table: from row to row; Enter opens it'),
        ]),
      ]),
      h('section', {}, [
        h('h3', {}, 'Views'),
        h(
          'table',
          {},
          VIEWS.map(({ key, title }) => keyRow(`g ${key}`, title)),
        ),
      ]),
      h('section', {}, [
        h('h3', {}, 'Colours'),
        h(
          'table',
          {},
          Object.entries(KINDS).map(([name, { means }]) =>
            h('tr', { key: name }, [
              h('td', { class: 'text' }, [swatch(name), name]),
              h('td', { class: 'text' }, means),
            ]),
          ),
        ),
      ]),
      h('section', {}, [
        h('h3', {}, 'How sure'),
        h('p', {}, [h('span', { class: 'coverage exact' }, 'exact'), ' every event was seen and counted']),
        h('p', {}, [
          h('span', { class: 'coverage partial' }, 'partial'),
          ' some were not seen; how many, where it is known',
        ]),
        h('p', {}, [h('span', { class: 'coverage sampled' }, 'sampled'), ' estimated from samples']),
        h('p', {}, [h('span', { class: 'approximate' }, '≈12'), ' this figure is an approximation']),
        h('p', {}, [
          h('span', { class: 'hatched' }, 'hatched'),
          ' nobody watched then, or it is not collected: the box says why',
        ]),
      ]),
    ]),
  ]);
}

const keyRow = (key: string, does: string): ComponentChild =>
  h('tr', { key }, [h('td', { class: 'text' }, h('kbd', {}, key)), h('td', { class: 'text' }, does)]);
