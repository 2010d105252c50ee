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
  const { coverage, dropped, window_us: seenUs } = window;
  if (coverage === 'partial' && dropped === 0 && askedUs && seenUs && seenUs < askedUs * NEARLY_ALL) {
    const words = `${formatMicroseconds(seenUs)} of ${formatMicroseconds(askedUs)} watched`;
    return h('span', { class: 'coverage young', title: 'the agent did not run, or was not ready, before' }, words);
  }
  const lost = dropped > 0 ? `: ${dropped} lost` : '';
  return h('span', { class: `coverage ${coverage}`, title: `${WORDS[coverage]}${lost}` }, `${coverage}${lost}`);
}

/** What is shorter by the time between two readings is whole. */
const NEARLY_ALL = 0.95;

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
