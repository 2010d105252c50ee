/** How many requests, by time and by size on a logarithmic scale: the darker the more; a box selects both ranges. */
import { type ComponentChild, h } from 'preact';
import { formatCount, formatMicroseconds } from '../../base/units.ts';
import { drawTimeAxis, plotOf } from './axis.ts';
import { useBrush } from './brush.ts';
import { Canvas } from './canvas.ts';
import { drawGaps, gapsBetween } from './hatch.ts';
import { timeText } from './moment.ts';

export interface HeatColumn {
  readonly at: number;
  readonly stepMs: number;
  readonly buckets: readonly { readonly from_us: number; readonly to_us: number; readonly count: number }[];
}

export interface HeatBox {
  readonly from: number;
  readonly to: number;
  readonly fromUs: number;
  readonly toUs: number;
}

export interface HeatmapProps {
  readonly from: number;
  readonly to: number;
  readonly columns: readonly HeatColumn[];
  /** What the scales are made for, where pictures are compared: the same height and the same shade mean the same. */
  readonly scaledFor?: readonly HeatColumn[] | undefined;
  readonly height: number;
  readonly label: string;
  readonly onBox?: (box: HeatBox) => void;
  readonly selected?: HeatBox | undefined;
}

const INSET = { left: 46, right: 8, top: 8, bottom: 20 };

export function Heatmap(props: HeatmapProps): ComponentChild {
  const { from, to, columns, scaledFor = columns, height, label, onBox, selected } = props;
  const scale = scaleOf(scaledFor);
  const boxOf = ({
    left,
    right,
    top,
    bottom,
  }: {
    left: number;
    right: number;
    top: number;
    bottom: number;
  }): HeatBox => ({
    from: from + left * (to - from),
    to: from + right * (to - from),
    fromUs: scale.at(1 - bottom),
    toUs: scale.at(1 - top),
  });
  const cellOf = (x: number, y: number) => cellAt(columns, from + x * (to - from), scale.at(1 - y));
  const brush = useBrush(INSET, {
    onBox: (box) => onBox?.(boxOf(box)),
    onClick: (x, y) => {
      const cell = cellOf(x, y);
      if (cell) onBox?.({ from: cell.at, to: cell.at + cell.stepMs, fromUs: cell.from_us, toUs: cell.to_us });
    },
  });
  const leastMs = Math.min(...scaledFor.map(({ stepMs }) => stepMs));
  // Columns may be of different lengths: as many as there would be in the shortest.
  const evenly = (count: number, stepMs: number): number => (count * leastMs) / stepMs;
  const most = Math.max(
    1,
    ...scaledFor.flatMap(({ buckets, stepMs }) => buckets.map(({ count }) => evenly(count, stepMs))),
  );
  const over = brush.hover && cellOf(brush.hover.x, brush.hover.y);
  return h('div', { class: 'chart' }, [
    h('div', { class: 'plot', ...brush.handlers }, [
      h(Canvas, {
        height,
        label,
        draw: (context, size, palette) => {
          const plot = plotOf(size);
          const x = (at: number): number => plot.left + (plot.width * (at - from)) / (to - from);
          const y = (us: number): number => plot.top + plot.height * (1 - scale.part(us));
          const spans = columns.map(({ at, stepMs }) => ({ from: at, to: at + stepMs }));
          drawGaps(context, plot, gapsBetween(spans, from, to), palette);
          context.fillStyle = palette.accent;
          // On whole pixels: cells that overlap would look darker where they do.
          for (const { at, stepMs, buckets } of columns) {
            const left = Math.max(plot.left, Math.floor(x(at)));
            const right = Math.min(plot.left + plot.width, Math.floor(x(at + stepMs)));
            const width = Math.max(1, right - left);
            for (const { from_us, to_us, count } of buckets) {
              context.globalAlpha = 0.15 + (0.85 * Math.log1p(evenly(count, stepMs))) / Math.log1p(most);
              const high = Math.floor(y(to_us));
              context.fillRect(left, high, width, Math.max(1, Math.floor(y(from_us)) - high));
            }
          }
          context.globalAlpha = 1;
          drawTimeAxis(context, plot, from, to, palette);
          context.textAlign = 'right';
          context.fillStyle = palette.quiet;
          for (const us of scale.marks) context.fillText(formatMicroseconds(us), plot.left - 6, y(us) + 4);
          const frame = brush.box ? boxOf(brush.box) : selected;
          if (!frame) return;
          context.strokeStyle = palette.alarm;
          context.lineWidth = 2;
          context.strokeRect(
            x(frame.from),
            y(frame.toUs),
            x(frame.to) - x(frame.from),
            y(frame.fromUs) - y(frame.toUs),
          );
          context.lineWidth = 1;
        },
      }),
      over &&
        !brush.box &&
        h(
          'div',
          { class: `tip ${brush.hover!.x > 0.5 ? 'left' : 'right'}`, style: { '--x': `${brush.hover!.x * 100}%` } },
          [
            h('strong', {}, timeText(over.at)),
            h(
              'p',
              {},
              `${formatCount(over.count)} requests, ${formatMicroseconds(over.from_us)} to ${formatMicroseconds(over.to_us)}`,
            ),
          ],
        ),
    ]),
    h('p', { class: 'scale quiet' }, [
      '1 request',
      SHADES.map((opacity) => h('span', { key: opacity, class: 'shade', style: { opacity } })),
      `${formatCount(Math.round(most))} requests in ${formatMicroseconds(leastMs * 1000)}`,
    ]),
  ]);
}

/** As cells are drawn. */
const SHADES = [0.15, 0.36, 0.57, 0.78, 1];

function cellAt(columns: readonly HeatColumn[], at: number, us: number) {
  const column = columns.find((candidate) => at >= candidate.at && at < candidate.at + candidate.stepMs);
  const bucket = column?.buckets.find(({ from_us, to_us }) => us >= from_us && us < to_us);
  return column && bucket && { at: column.at, stepMs: column.stepMs, ...bucket };
}

interface Scale {
  /** Part of the height, from below, of a size; and back. */
  readonly part: (us: number) => number;
  readonly at: (part: number) => number;
  readonly marks: readonly number[];
}

function scaleOf(columns: readonly HeatColumn[]): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const { buckets } of columns) {
    for (const { from_us, to_us } of buckets) {
      low = Math.min(low, from_us);
      high = Math.max(high, to_us);
    }
  }
  if (high === 0) [low, high] = [1, 1e6];
  const [bottom, top] = [Math.log(Math.max(low, 0.1)), Math.log(high)];
  const marks = Array.from({ length: 12 }, (_, power) => 10 ** (power - 1)).filter((us) => us >= low && us <= high);
  return {
    part: (us) => (Math.log(Math.max(us, 0.1)) - bottom) / (top - bottom || 1),
    at: (part) => Math.exp(bottom + part * (top - bottom)),
    marks,
  };
}
