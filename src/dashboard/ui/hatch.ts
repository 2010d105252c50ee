/** Times that nobody observed, hatched in a picture and named where there is room: no data must not look like nothing done. */
import type { Plot } from './axis.ts';
import type { Palette } from './canvas.ts';

/** Parts of the width. */
export interface Gap {
  readonly left: number;
  readonly right: number;
}

const WORDS_PX = 90;

export function drawGaps(
  context: CanvasRenderingContext2D,
  plot: Plot,
  gaps: readonly Gap[],
  { line, quiet }: Palette,
): void {
  const x = (part: number): number => plot.left + plot.width * part;
  context.save();
  context.beginPath();
  for (const { left, right } of gaps) context.rect(x(left), plot.top, (right - left) * plot.width + 0.5, plot.height);
  context.clip();
  context.strokeStyle = line;
  context.beginPath();
  for (let at = -plot.height; at < plot.width; at += 8) {
    context.moveTo(plot.left + at, plot.top + plot.height);
    context.lineTo(plot.left + at + plot.height, plot.top);
  }
  context.stroke();
  context.restore();
  context.fillStyle = quiet;
  context.textAlign = 'center';
  for (const { left, right } of gaps) {
    if ((right - left) * plot.width < WORDS_PX || plot.height < 24) continue;
    context.fillText('not watched', x((left + right) / 2), plot.top + plot.height / 2 + 4);
  }
}

/** What lies between spans of a range, those being in order. */
export function gapsBetween(
  spans: readonly { readonly from: number; readonly to: number }[],
  from: number,
  to: number,
): Gap[] {
  const part = (at: number): number => Math.min(1, Math.max(0, (at - from) / (to - from)));
  const gaps: Gap[] = [];
  let end = from;
  for (const span of [...spans, { from: to, to }]) {
    if (part(span.from) > part(end)) gaps.push({ left: part(end), right: part(span.from) });
    end = Math.max(end, span.to);
  }
  return gaps;
}
