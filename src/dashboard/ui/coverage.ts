/** How sure a figure is, to be seen at a glance: exact, partial, sampled, approximate, missing. */
import { type ComponentChild, h } from 'preact';
import type { Window } from '../../api/index.ts';
import { formatMicroseconds } from '../../base/units.ts';

type Coverage = Window['coverage'];

const WORDS: Readonly<Record<Coverage, string>> = {
  exact: 'every event was seen and counted',
  partial: 'some events were not seen',
  sampled: 'estimated from samples',
};

export interface Seen extends Pick<Window, 'coverage' | 'dropped'> {
  readonly window_us?: number;
}

/** `askedUs`: how long the range is that was asked for. */
export function CoverageBadge({
  window,
  askedUs,
}: {
  readonly window: Seen;
  readonly askedUs?: number | undefined;
}): ComponentChild {
  const { coverage, dropped } = window;
  const watched = askedUs && coverage === 'partial' && dropped === 0 ? watchedOf(window, askedUs) : undefined;
  if (watched !== undefined) return badge('young', watched, 'the agent did not run, or was not ready, before');
  const lost = dropped > 0 ? `: ${dropped} lost` : '';
  return badge(coverage, `${coverage}${lost}`, `${WORDS[coverage]}${lost}`);
}

/** What is shorter by the time between two readings is whole. */
const NEARLY_ALL = 0.95;

/** How much of the range, where that is not nearly all. */
export function watchedOf({ window_us: seenUs }: Pick<Seen, 'window_us'>, askedUs: number): string | undefined {
  if (!seenUs || seenUs >= askedUs * NEARLY_ALL) return undefined;
  return `${formatMicroseconds(seenUs)} of ${formatMicroseconds(askedUs)} watched`;
}

/** Of the window that the reader compares with, where less is known of it than of a whole one. */
export function EarlierBadge({ earlier, askedUs }: EarlierProps): ComponentChild {
  const { missing, window } = earlier;
  if (missing !== undefined) return badge('young', 'earlier: not watched', missing);
  if (!window) return undefined;
  const watched = watchedOf(window, askedUs);
  if (watched !== undefined)
    return badge('young', `earlier: ${watched}`, 'differences are to the part that was watched');
  return window.coverage === 'exact'
    ? undefined
    : badge(window.coverage, `earlier: ${window.coverage}`, WORDS[window.coverage]);
}

interface EarlierProps {
  readonly earlier: { readonly missing?: string | undefined; readonly window?: Seen | undefined };
  readonly askedUs: number;
}

const badge = (name: string, text: string, title: string): ComponentChild =>
  h('span', { class: `coverage ${name}`, title }, text);

/** A figure that its row names in `inexact` looks different from one that was counted. */
export function Figure({
  text,
  approximate,
}: {
  readonly text: string;
  readonly approximate: boolean;
}): ComponentChild {
  if (!approximate) return text;
  return h('span', { class: 'approximate', title: 'an approximation: docs/json.md says why' }, `≈${text}`);
}

/** Where there is nothing to show: of what, and why. */
export function Missing({ what, reason }: { readonly what: string; readonly reason: string }): ComponentChild {
  return h('p', { class: 'missing', role: 'note' }, [h('strong', {}, `${what}:`), ` ${reason}`]);
}
