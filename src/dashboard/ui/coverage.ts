/** How sure a figure is, to be seen at a glance: exact, partial, sampled, approximate, missing. */
import { type ComponentChild, h } from 'preact';
import type { Window } from '../../api/index.ts';

type Coverage = Window['coverage'];

const WORDS: Readonly<Record<Coverage, string>> = {
  exact: 'every event was seen and counted',
  partial: 'some events were not seen',
  sampled: 'estimated from samples',
};

export function CoverageBadge({ window }: { readonly window: Pick<Window, 'coverage' | 'dropped'> }): ComponentChild {
  const { coverage, dropped } = window;
  const lost = dropped > 0 ? `: ${dropped} lost` : '';
  return h('span', { class: `coverage ${coverage}`, title: `${WORDS[coverage]}${lost}` }, `${coverage}${lost}`);
}

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

/** Where something is not collected: what, and why. */
export function Missing({ what, reason }: { readonly what: string; readonly reason: string }): ComponentChild {
  return h('p', { class: 'missing', role: 'note' }, [h('strong', {}, `${what}: not collected.`), ` ${reason}`]);
}
