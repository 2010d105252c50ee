/** Round numbers and moments for axes, and where they lie. */
import type { Palette, Size } from './canvas.ts';

export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const MARGIN = { left: 46, right: 8, top: 8, bottom: 20 };

export const plotOf = ({ width, height }: Size): Plot => ({
  left: MARGIN.left,
  top: MARGIN.top,
  width: Math.max(1, width - MARGIN.left - MARGIN.right),
  height: Math.max(1, height - MARGIN.top - MARGIN.bottom),
});

/** The next of 1, 2, 5, 10 … that is not below. */
export function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.9999)!;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 5, 10, 30]
  .map((n) => n * SECOND)
  .concat(
    [1, 2, 5, 10, 30].map((n) => n * MINUTE),
    [1, 2, 6, 12].map((n) => n * HOUR),
    [1, 2, 7, 14, 30].map((n) => n * DAY),
  );

/** Round moments between two, in the reader's time zone, with room for `most` labels. */
export function momentsBetween(from: number, to: number, most: number): { at: number; text: string }[] {
  const step = STEPS.find((candidate) => (to - from) / candidate <= most) ?? 30 * DAY;
  const zone = new Date(from).getTimezoneOffset() * MINUTE;
  const moments = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step) {
    moments.push({ at, text: momentText(at, step) });
  }
  return moments;
}

function momentText(at: number, step: number): string {
  const date = new Date(at);
  if (step >= DAY) return date.toLocaleDateString(undefined, { month: 'short', day: 'numeric' });
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return date.toLocaleTimeString(undefined, step < MINUTE ? { ...time, second: '2-digit' } : time);
}

export function drawTimeAxis(
  context: CanvasRenderingContext2D,
  plot: Plot,
  from: number,
  to: number,
  { quiet, line }: Palette,
): void {
  context.fillStyle = quiet;
  context.strokeStyle = line;
  context.textAlign = 'center';
  for (const { at, text } of momentsBetween(from, to, Math.max(2, plot.width / 90))) {
    const x = plot.left + (plot.width * (at - from)) / (to - from);
    if (x < plot.left + 20 || x > plot.left + plot.width - 16) continue;
    context.fillText(text, x, plot.top + plot.height + 14);
    context.fillRect(x, plot.top + plot.height, 1, 3);
  }
}

export function drawValueAxis(context: CanvasRenderingContext2D, plot: Plot, top: number, palette: Palette): void {
  context.textAlign = 'right';
  for (const part of [0, 0.5, 1]) {
    const y = plot.top + plot.height * (1 - part);
    context.fillStyle = palette.line;
    context.fillRect(plot.left, Math.round(y), plot.width, 1);
    context.fillStyle = palette.quiet;
    context.fillText(String(Number((top * part).toPrecision(2))), plot.left - 6, y + 4);
  }
}
