/** Which time: the ranges, live or paused, the comparison. */
import { type ComponentChild, h } from 'preact';
import type { Status } from '../../api/index.ts';
import { durationText, isLive, momentsOf, type Place, secondsOf } from '../state/place.ts';
import { type Connection, type State, store } from '../state/store.ts';
import { timeText } from '../ui/moment.ts';
import { toggleCompare, togglePause, zoom } from './keys.ts';
import { nextTheme, theme } from './theme.ts';

const RANGES = [60, 300, 900, 3600, 6 * 3600, 86_400, 7 * 86_400];
const COMPARISONS: readonly (readonly [seconds: number, text: string])[] = [
  [0, 'the window before'],
  [86_400, 'a day before'],
  [7 * 86_400, 'a week before'],
];

export function TimeBar({ place, status, connection }: State): ComponentChild {
  const now = Date.parse(status?.at ?? new Date().toISOString());
  const live = isLive(place);
  return h('header', { class: 'time-bar' }, [
    h('div', { class: 'group', role: 'group', 'aria-label': 'time range' }, [
      h(
        'select',
        {
          'aria-label': 'time range',
          value: live ? String(secondsOf(place.range)) : 'fixed',
          onChange: ({ currentTarget }: { currentTarget: HTMLSelectElement }) => choose(place, currentTarget.value),
        },
        [
          ...rangesWith(place).map((seconds) =>
            h('option', { key: seconds, value: String(seconds) }, `last ${durationText(seconds)}`),
          ),
          !live && h('option', { value: 'fixed' }, rangeText(place, now)),
        ],
      ),
      h(
        'button',
        { type: 'button', onClick: togglePause, 'aria-pressed': !live, title: 'space' },
        live ? 'pause' : 'go live',
      ),
      h('button', { type: 'button', onClick: () => zoom(2), title: 'twice the range (-)' }, 'zoom out'),
    ]),
    h('label', { class: 'compare' }, [
      h('input', { type: 'checkbox', checked: place.compare !== undefined, onChange: toggleCompare }),
      'compare with ',
      h(
        'select',
        {
          'aria-label': 'compare with',
          value: String(place.compare ?? 0),
          onChange: ({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
            store.go({ ...place, compare: Number(currentTarget.value) }),
        },
        COMPARISONS.map(([seconds, text]) => h('option', { key: seconds, value: String(seconds) }, text)),
      ),
    ]),
    h(
      'span',
      { role: 'status', class: `live-state ${connection === 'live' ? '' : 'alarm'} ${live ? '' : 'paused'}` },
      stateText(live, connection, status),
    ),
    h('div', { class: 'group end' }, [
      h(
        'button',
        { type: 'button', onClick: () => nextTheme(), title: 'dark, light, or as the system (t)' },
        `theme: ${theme()}`,
      ),
      h('button', { type: 'button', onClick: () => store.set({ help: !store.state.help }), title: '?' }, 'help'),
    ]),
  ]);
}

/** Since when, by the agent's clock: the browser's may be wrong. */
function stateText(live: boolean, connection: Connection, status: Status | undefined): string {
  if (connection === 'signed out') return 'signed out';
  if (connection === 'lost')
    return `no answer from the agent${status ? ` since ${timeText(Date.parse(status.at))}` : ''}; trying again`;
  return live ? 'live' : 'paused';
}

function choose(place: Place, value: string): void {
  if (value !== 'fixed') store.go({ ...place, range: { kind: 'last', seconds: Number(value) } });
}

const rangesWith = ({ range }: Place): number[] =>
  [...new Set([...RANGES, ...(range.kind === 'last' ? [range.seconds] : [])])].sort((a, b) => a - b);

function rangeText({ range }: Place, now: number): string {
  const { from, to } = momentsOf(range, now);
  return `${timeText(from, now)} – ${timeText(to, from)}`;
}
