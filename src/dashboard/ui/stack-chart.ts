/** Values over time, stacked: drag to zoom, click a colour to filter, hatched where nothing was observed. */
import { type ComponentChild, h } from 'preact';
import { formatLoad } from '../../base/units.ts';
import { drawTimeAxis, drawValueAxis, niceTop, type Plot, plotOf } from './axis.ts';
import { useBrush } from './brush.ts';
import { Canvas, type Palette } from './canvas.ts';
import { colourOf, meaningOf } from './classes.ts';
import { drawGaps, type Gap, gapsBetween } from './hatch.ts';
import { timeText } from './moment.ts';

export interface Series {
  readonly key: string;
  readonly label: string;
  /** That of its key unless given. */
  readonly colour?: string | undefined;
  /** One a step; null where nothing was observed. */
  readonly values: readonly (number | null)[];
}

export interface StackProps {
  readonly from: number;
  readonly stepMs: number;
  /** The lowest first. */
  readonly series: readonly Series[];
  /** Those of a picture that it is compared with: the same height means the same. */
  readonly besides?: readonly Series[];
  /** A line across: CPUs of the host. */
  readonly limit?: { readonly value: number; readonly text: string } | undefined;
  readonly height: number;
  readonly label: string;
  readonly onRange?: (from: number, to: number) => void;
  readonly onPick?: (key: string) => void;
  readonly legend?: boolean;
}

const INSET = { left: 46, right: 8, top: 8, bottom: 20 };

export function StackChart(props: StackProps): ComponentChild {
  const { from, stepMs, series, height, label, onRange, onPick } = props;
  const steps = series[0]?.values.length ?? 0;
  const to = from + steps * stepMs;
  const top = topOf(props);
  const brush = useBrush(INSET, {
    onBox: ({ left, right }) => onRange?.(from + left * (to - from), from + right * (to - from)),
    onClick: (x, y) => {
      const key = keyAt(series, Math.floor(x * steps), (1 - y) * top);
      if (key !== undefined) onPick?.(key);
    },
  });
  const hovered = brush.hover && steps > 0 ? Math.min(steps - 1, Math.floor(brush.hover.x * steps)) : undefined;
  return h('div', { class: 'chart' }, [
    h('div', { class: 'plot', ...brush.handlers }, [
      h(Canvas, {
        height,
        label,
        draw: (context, size, palette) => {
          const plot = plotOf(size);
          drawValueAxis(context, plot, top, palette);
          drawGaps(context, plot, gapsOf(series), palette);
          drawStack(context, plot, series, top);
          drawTimeAxis(context, plot, from, to, palette);
          if (props.limit) drawLimit(context, plot, props.limit, top, palette);
          if (brush.box) drawBox(context, plot, brush.box.left, brush.box.right, palette);
          else if (hovered !== undefined) drawBox(context, plot, hovered / steps, (hovered + 1) / steps, palette);
        },
      }),
      hovered !== undefined && !brush.box && tip(props, hovered, brush.hover!.x),
    ]),
    props.legend !== false && legend(props),
  ]);
}

/** Of sessions: what is less is nothing. */
const LEAST_TOP = 0.01;

function topOf({ series, besides = [], limit }: StackProps): number {
  const most = Math.max(LEAST_TOP, limit?.value ?? 0, mostOf(series), mostOf(besides));
  return niceTop(most * 1.02);
}

function mostOf(series: readonly Series[]): number {
  const steps = series[0]?.values.length ?? 0;
  let most = 0;
  for (let step = 0; step < steps; step++) most = Math.max(most, sumAt(series, step));
  return most;
}

function sumAt(series: readonly Series[], step: number): number {
  let sum = 0;
  for (const { values } of series) sum += values[step] ?? 0;
  return sum;
}

/** Whose colour lies at a height of the stack. */
function keyAt(series: readonly Series[], step: number, value: number): string | undefined {
  let base = 0;
  for (const { key, values } of series) {
    base += values[step] ?? 0;
    if (value <= base) return key;
  }
  return undefined;
}

/** Bars that touch: an area would slope through what was never measured. */
function drawStack(context: CanvasRenderingContext2D, plot: Plot, series: readonly Series[], top: number): void {
  const steps = series[0]?.values.length ?? 0;
  const base = new Float64Array(steps);
  const x = (step: number): number => plot.left + (plot.width * step) / steps;
  for (const { key, colour, values } of series) {
    context.fillStyle = colour ?? colourOf(key);
    for (let step = 0; step < steps; step++) {
      const value = values[step] ?? 0;
      if (value <= 0) continue;
      const low = plot.top + plot.height * (1 - base[step]! / top);
      base[step]! += value;
      const high = plot.top + plot.height * (1 - base[step]! / top);
      const left = Math.floor(x(step));
      context.fillRect(left, high, Math.max(1, Math.floor(x(step + 1)) - left), low - high);
    }
  }
}

/** Neighbouring steps that nothing is known of are one gap; but for the first, whose reading may have begun before the picture. */
function gapsOf(series: readonly Series[]): Gap[] {
  const steps = series[0]?.values.length ?? 0;
  const spans = Array.from({ length: steps }, (_, step) => step)
    .filter((step) => series.some(({ values }) => values[step] !== null))
    .map((step) => ({ from: step, to: step + 1 }));
  return gapsBetween(spans, 0, steps).filter(({ right }) => right > 1 / steps || steps < FEW_STEPS);
}

/** Of so few the first is wide enough to look like one without load. */
const FEW_STEPS = 30;

function drawLimit(
  context: CanvasRenderingContext2D,
  plot: Plot,
  { value, text }: { readonly value: number; readonly text: string },
  top: number,
  { alarm, panel }: Palette,
): void {
  const y = plot.top + plot.height * (1 - value / top);
  context.beginPath();
  context.moveTo(plot.left, y);
  context.lineTo(plot.left + plot.width, y);
  // Edged: it crosses every colour.
  context.strokeStyle = panel;
  context.lineWidth = 3;
  context.stroke();
  context.strokeStyle = alarm;
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.stroke();
  context.setLineDash([]);
  context.textAlign = 'left';
  context.strokeStyle = panel;
  context.lineWidth = 4;
  const at = [plot.left + 4, y > 16 ? y - 4 : y + 12] as const;
  context.strokeText(text, ...at);
  context.lineWidth = 1;
  context.fillStyle = alarm;
  context.fillText(text, ...at);
}

function drawBox(
  context: CanvasRenderingContext2D,
  plot: Plot,
  left: number,
  right: number,
  { accent }: Palette,
): void {
  context.fillStyle = accent;
  context.globalAlpha = 0.25;
  context.fillRect(plot.left + left * plot.width, plot.top, Math.max(1, (right - left) * plot.width), plot.height);
  context.globalAlpha = 1;
}

function tip({ series, from, stepMs }: StackProps, step: number, x: number): ComponentChild {
  const parts = series.filter(({ values }) => (values[step] ?? 0) > 0).toReversed();
  const observed = series.some(({ values }) => values[step] !== null);
  return h('div', { class: `tip ${x > 0.5 ? 'left' : 'right'}`, style: { '--x': `${x * 100}%` } }, [
    h('strong', {}, timeText(from + step * stepMs)),
    observed
      ? h(
          'table',
          {},
          parts
            .slice(0, 10)
            .map(({ key, colour, label, values }) =>
              h('tr', { key }, [
                h('td', { class: 'text' }, [swatch(key, colour), label.slice(0, 60)]),
                h('td', {}, formatLoad(values[step]!)),
              ]),
            ),
        )
      : h('p', {}, 'not observed'),
  ]);
}

export const swatch = (key: string, colour: string = colourOf(key)): ComponentChild =>
  h('span', { class: 'swatch', style: { background: colour } });

/** The average over what was observed, for each colour; a button that filters. */
function legend({ series, onPick }: StackProps): ComponentChild {
  return h(
    'ul',
    { class: 'legend' },
    series
      .filter(({ values }) => values.some((value) => value !== null))
      .toReversed()
      .map(({ key, colour, label, values }) => {
        const content = [
          swatch(key, colour),
          h('span', { class: 'name' }, label),
          h('span', { class: 'amount' }, formatLoad(averageOf(values))),
        ];
        return h(
          'li',
          { key, title: meaningOf(key) },
          onPick ? h('button', { type: 'button', onClick: () => onPick(key) }, content) : content,
        );
      }),
  );
}

export function averageOf(values: readonly (number | null)[]): number {
  const observed = values.filter((value) => value !== null);
  return observed.reduce((sum, value) => sum + value, 0) / (observed.length || 1);
}
