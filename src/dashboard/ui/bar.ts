/** A bar of parts: what a row's time consists of. */
import { type ComponentChild, h } from 'preact';
import { formatShare } from '../../base/units.ts';
import { colourOf } from './classes.ts';

export interface Part {
  /** Names its colour. */
  readonly key: string;
  /** What it is; the key unless given. */
  readonly label?: string;
  readonly value: number;
}

/** `most`: what a bar of full length stands for; the sum of the parts unless given. */
export function Bar({ parts, most }: { readonly parts: readonly Part[]; readonly most?: number }): ComponentChild {
  const sum = parts.reduce((total, { value }) => total + value, 0);
  const whole = most ?? sum;
  const shown = parts.filter(({ value }) => value > 0);
  const label =
    shown.map(({ key, label: name = key, value }) => `${name} ${formatShare(value / (sum || 1))}`).join(', ') ||
    'nothing';
  return h(
    'div',
    { class: 'bar', role: 'img', 'aria-label': label, title: label },
    shown.map(({ key, value }) =>
      h('span', { key, style: { width: `${(100 * value) / (whole || 1)}%`, background: colourOf(key) } }),
    ),
  );
}

/** A line of values in a cell. */
export function Sparkline({ values }: { readonly values: readonly (number | null)[] }): ComponentChild {
  const most = Math.max(...values.map((value) => value ?? 0)) || 1;
  const width = 100 / Math.max(1, values.length);
  const bars = values.map((value, at) => {
    const height = (18 * (value ?? 0)) / most;
    return height > 0 ? `M${(at * width).toFixed(1)} 20v-${height.toFixed(1)}h${width.toFixed(1)}V20z` : '';
  });
  return h(
    'svg',
    { class: 'spark', viewBox: '0 0 100 20', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    h('path', { d: bars.join('') }),
  );
}
