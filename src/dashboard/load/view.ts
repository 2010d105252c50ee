/** View 1, database load: what the sessions of all clusters do, second by second. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Load } from '../../api/index.ts';
import { formatRate } from '../../base/units.ts';
import { classesIn, colourOf } from '../classes.ts';
import { drawLoad } from './chart.ts';

export function LoadView({
  history,
  cpus,
}: {
  readonly history: readonly Load[];
  readonly cpus: number;
}): ComponentChild {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) redraw(canvas.current, history, cpus);
  });
  const now = history.at(-1)?.sessions ?? {};
  const total = Object.values(now).reduce((sum, value) => sum + value, 0);
  return h('section', { 'aria-labelledby': 'load' }, [
    h('h2', { id: 'load' }, `Database load: ${formatRate(total)} active sessions on ${cpus} CPUs`),
    h('canvas', { ref: canvas, role: 'img', 'aria-label': `Active sessions over time, now ${formatRate(total)}` }),
    h(
      'ul',
      { class: 'legend' },
      classesIn(history.map(({ sessions }) => sessions)).map((name) => legendItem(name, now[name] ?? 0)),
    ),
  ]);
}

const legendItem = (name: string, sessions: number): ComponentChild =>
  h('li', { key: name }, [
    h('span', { class: 'swatch', style: { background: colourOf(name) } }),
    `${name} ${formatRate(sessions)}`,
  ]);

function redraw(canvas: HTMLCanvasElement, history: readonly Load[], cpus: number): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const { width, height } = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio;
  canvas.width = width * scale;
  canvas.height = height * scale;
  context.scale(scale, scale);
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name);
  drawLoad(context, { width, height }, history, cpus, {
    text: resolved(canvas, '--quiet', colour),
    line: resolved(canvas, '--alarm', colour),
  });
}

/** light-dark() is a function to CSS and no colour to a canvas: an element's own style gives what it came to. */
function resolved(canvas: HTMLCanvasElement, name: string, colour: (name: string) => string): string {
  canvas.style.color = colour(name);
  const value = getComputedStyle(canvas).color;
  canvas.style.color = '';
  return value;
}
