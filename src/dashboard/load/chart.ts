/** Draws database load: sessions stacked by what they do, and the line above which CPUs are too few. */
import type { Load } from '../../api/index.ts';
import { classesIn, colourOf } from '../classes.ts';

const MARGIN = { left: 36, right: 8, top: 8, bottom: 20 };

export interface ChartStyle {
  readonly text: string;
  readonly line: string;
}

export function drawLoad(
  context: CanvasRenderingContext2D,
  size: { readonly width: number; readonly height: number },
  history: readonly Load[],
  cpus: number,
  style: ChartStyle,
): void {
  context.clearRect(0, 0, size.width, size.height);
  const plot = {
    left: MARGIN.left,
    top: MARGIN.top,
    width: size.width - MARGIN.left - MARGIN.right,
    height: size.height - MARGIN.top - MARGIN.bottom,
  };
  const top = niceTop(Math.max(cpus, ...history.map(({ sessions }) => sum(Object.values(sessions)))));
  const y = (value: number): number => plot.top + plot.height * (1 - value / top);
  const x = (index: number): number => plot.left + (plot.width * index) / Math.max(1, history.length - 1);
  drawStack(context, history, x, y);
  drawAxes(context, plot, top, y, history, style);
  drawCpuLine(context, plot, y(cpus), cpus, style);
}

function drawStack(
  context: CanvasRenderingContext2D,
  history: readonly Load[],
  x: (index: number) => number,
  y: (value: number) => number,
): void {
  const base = history.map(() => 0);
  for (const name of classesIn(history.map(({ sessions }) => sessions))) {
    const upper = history.map(({ sessions }, i) => base[i]! + (sessions[name] ?? 0));
    context.beginPath();
    for (const [i, value] of upper.entries()) context.lineTo(x(i), y(value));
    for (let i = base.length - 1; i >= 0; i--) context.lineTo(x(i), y(base[i]!));
    context.fillStyle = colourOf(name);
    context.fill();
    for (const [i, value] of upper.entries()) base[i] = value;
  }
}

function drawAxes(
  context: CanvasRenderingContext2D,
  plot: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  top: number,
  y: (value: number) => number,
  history: readonly Load[],
  style: ChartStyle,
): void {
  context.font = '11px system-ui, sans-serif';
  context.fillStyle = style.text;
  context.textAlign = 'right';
  for (const value of [0, top / 2, top]) context.fillText(String(value), plot.left - 6, y(value) + 4);
  const [first, last] = [history[0], history.at(-1)];
  if (!first || !last) return;
  const bottom = plot.top + plot.height + 14;
  context.textAlign = 'left';
  context.fillText(new Date(first.at).toLocaleTimeString(), plot.left, bottom);
  context.textAlign = 'right';
  context.fillText(new Date(last.at).toLocaleTimeString(), plot.left + plot.width, bottom);
}

function drawCpuLine(
  context: CanvasRenderingContext2D,
  plot: { readonly left: number; readonly width: number },
  at: number,
  cpus: number,
  style: ChartStyle,
): void {
  context.strokeStyle = style.line;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(plot.left, at);
  context.lineTo(plot.left + plot.width, at);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = style.line;
  context.textAlign = 'left';
  context.fillText(`${cpus} CPUs`, plot.left + 4, at - 4);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The next of 1, 2, 5, 10 … that is not below. */
export function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value)!;
}
