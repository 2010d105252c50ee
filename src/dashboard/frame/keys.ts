/** The keyboard: every key, what it does, and the listener; the help shows this table. */
import { isLive, momentsOf, movedTo, type Place, type Range, secondsOf } from '../state/place.ts';
import { store } from '../state/store.ts';
import { VIEWS } from '../views/index.ts';
import { nextTheme } from './theme.ts';

interface Key {
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
}

const now = (): number => Date.parse(store.state.status?.at ?? new Date().toISOString());

export const KEYS: readonly Key[] = [
  { key: '?', does: 'show or hide this help', run: () => store.set({ help: !store.state.help }) },
  { key: 'Escape', does: 'close what is open, then take back the last filter', run: stepBack },
  { key: ' ', does: 'pause, or go on live', run: togglePause },
  {
    key: '/',
    does: 'search in this view',
    run: () => document.querySelector<HTMLInputElement>('input[type=search]')?.focus(),
  },
  { key: '+', does: 'zoom in on the end of the range', run: () => zoom(0.5) },
  { key: '-', does: 'twice the range', run: () => zoom(2) },
  { key: '[', does: 'half a range earlier', run: () => shift(-0.5) },
  { key: ']', does: 'half a range later', run: () => shift(0.5) },
  { key: 'c', does: 'compare with the window before, or stop', run: toggleCompare },
  { key: 't', does: 'dark, light, or as the system', run: nextTheme },
];

/** `g`, then a letter. */
let isGoing = false;

export function listenToKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target as Element)) return;
    if (isGoing) {
      isGoing = false;
      const view = VIEWS.find(({ key }) => key === event.key);
      if (view) store.go(movedTo(store.state.place, view.id));
      return;
    }
    if (event.key === 'g') isGoing = true;
    const known = KEYS.find(({ key }) => key === event.key);
    if (!known || (event.key === ' ' && isControl(event.target as Element))) return;
    event.preventDefault();
    known.run();
  });
}

const isTyping = (target: Element): boolean => target.closest('input, textarea, select, [contenteditable]') !== null;
const isControl = (target: Element): boolean => target.closest('button, a, summary, .scroll') !== null;

export function togglePause(): void {
  const { place } = store.state;
  if (isLive(place)) store.go({ ...place, range: { kind: 'between', ...momentsOf(place.range, now()) } });
  else store.go({ ...place, range: { kind: 'last', seconds: Math.max(10, Math.round(secondsOf(place.range))) } });
}

export function toggleCompare(): void {
  const { place } = store.state;
  store.go({ ...place, compare: place.compare === undefined ? 0 : undefined });
}

const LEAST_SECONDS = 10;

export function zoom(factor: number): void {
  const { place } = store.state;
  const seconds = Math.max(LEAST_SECONDS, secondsOf(place.range) * factor);
  const { to } = momentsOf(place.range, now());
  const range: Range = isLive(place)
    ? { kind: 'last', seconds: Math.round(seconds) }
    : { kind: 'between', from: to - seconds * 1000, to };
  store.go({ ...place, range });
}

function shift(parts: number): void {
  const { place } = store.state;
  const { from, to } = momentsOf(place.range, now());
  const by = (to - from) * parts;
  store.go({ ...place, range: { kind: 'between', from: from + by, to: to + by } });
}

function stepBack(): void {
  const { help, place } = store.state;
  if (help) return store.set({ help: false });
  const last = Object.keys(place.facets).at(-1);
  if (last === undefined) return;
  const facets: Place['facets'] = Object.fromEntries(Object.entries(place.facets).filter(([name]) => name !== last));
  store.go({ ...place, facets });
}
