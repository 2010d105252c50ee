/** A flame graph on a canvas: callers above, a click zooms, a search lights up, a second window colours by growth. */
import { type ComponentChild, h } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { formatMicroseconds, formatShare } from '../../../base/units.ts';
import { Canvas, type Palette } from '../../ui/canvas.ts';
import type { Node } from './tree.ts';

const ROW_PX = 18;
/** Narrower than this nothing can be seen. */
const LEAST_PX = 0.4;

interface Box {
  readonly node: Node;
  readonly depth: number;
  /** Parts of the width. */
  readonly left: number;
  readonly width: number;
}

export interface GraphProps {
  readonly root: Node;
  /** Names from the root to the one that fills the width. */
  readonly path: readonly string[];
  readonly search: string;
  readonly isDifference: boolean;
  readonly onZoom: (path: readonly string[]) => void;
}

export function FlameGraph({ root, path, search, isDifference, onZoom }: GraphProps): ComponentChild {
  const [hover, setHover] = useState<{ readonly box: Box; readonly x: number }>();
  const element = useRef<HTMLDivElement>(null);
  const zoomed = useMemo(() => nodesOf(root, path), [root, path.join('\0')]);
  const boxes = useMemo(() => layout(zoomed), [zoomed]);
  const height = ROW_PX * (1 + Math.max(0, ...boxes.map(({ depth }) => depth)));
  const boxAt = (event: MouseEvent): Box | undefined => {
    const place = element.current!.getBoundingClientRect();
    const x = (event.clientX - place.left) / place.width;
    const depth = Math.floor((event.clientY - place.top) / ROW_PX);
    return boxes.find((box) => box.depth === depth && x >= box.left && x < box.left + box.width);
  };
  const found = search === '' ? undefined : shareOf(zoomed.at(-1)!, search);
  return h('div', { class: 'flame' }, [
    found !== undefined &&
      h('p', { class: 'quiet', role: 'status' }, `${formatShare(found)} of the time is in functions that match`),
    h(
      'div',
      {
        ref: element,
        class: 'plot',
        onClick: (event: MouseEvent) => {
          const box = boxAt(event);
          if (box) onZoom(pathOf(box, boxes, zoomed));
        },
        onMouseMove: (event: MouseEvent) => {
          const box = boxAt(event);
          const place = element.current!.getBoundingClientRect();
          setHover(box && { box, x: (event.clientX - place.left) / place.width });
        },
        onMouseLeave: () => setHover(undefined),
      },
      [
        h(Canvas, {
          height,
          label: `flame graph of ${formatMicroseconds(root.total)}`,
          draw: (context, { width }, palette) => {
            for (const box of boxes) drawBox(context, box, width, palette, { search, isDifference, root });
          },
        }),
        hover && h(Tip, { box: hover.box, x: hover.x, root, isDifference }),
      ],
    ),
  ]);
}

/** From the root to the zoomed one; the deepest that still exists. */
function nodesOf(root: Node, path: readonly string[]): Node[] {
  const nodes = [root];
  for (const name of path) {
    const next = nodes.at(-1)!.children.get(name);
    if (!next) break;
    nodes.push(next);
  }
  return nodes;
}

/** Those above the zoomed one fill the width, too. */
function layout(zoomed: readonly Node[]): Box[] {
  const boxes: Box[] = zoomed.slice(0, -1).map((node, depth) => ({ node, depth, left: 0, width: 1 }));
  const whole = Math.max(sizeOf(zoomed.at(-1)!), 1e-9);
  const visit = (node: Node, depth: number, left: number): void => {
    const width = sizeOf(node) / whole;
    if (width < LEAST_PX / 4000) return;
    boxes.push({ node, depth, left, width });
    let at = left;
    for (const child of [...node.children.values()].sort((a, b) => sizeOf(b) - sizeOf(a))) {
      visit(child, depth + 1, at);
      at += sizeOf(child) / whole;
    }
  };
  visit(zoomed.at(-1)!, zoomed.length - 1, 0);
  return boxes;
}

/** What vanished keeps a place in the picture only where nothing of it is left: by now's time. */
const sizeOf = ({ total }: Node): number => total;

function pathOf(box: Box, boxes: readonly Box[], zoomed: readonly Node[]): string[] {
  if (box.depth < zoomed.length) return zoomed.slice(1, box.depth + 1).map(({ name }) => name);
  const names = [box.node.name];
  for (let depth = box.depth - 1; depth >= zoomed.length; depth--) {
    const middle = box.left + box.width / 2;
    const parent = boxes.find((one) => one.depth === depth && one.left <= middle && middle < one.left + one.width)!;
    names.unshift(parent.node.name);
  }
  return [...zoomed.slice(1).map(({ name }) => name), ...names];
}

interface Look {
  readonly search: string;
  readonly isDifference: boolean;
  readonly root: Node;
}

function drawBox(
  context: CanvasRenderingContext2D,
  { node, depth, left, width }: Box,
  whole: number,
  palette: Palette,
  look: Look,
): void {
  const [x, w] = [left * whole, width * whole];
  if (w < LEAST_PX) return;
  const y = depth * ROW_PX;
  const isFound = look.search !== '' && node.name.toLowerCase().includes(look.search);
  context.globalAlpha = look.search !== '' && !isFound ? 0.35 : 1;
  context.fillStyle = isFound ? '#b04fc9' : colourOf(node, look);
  context.fillRect(x, y, Math.max(w - 0.5, LEAST_PX), ROW_PX - 1);
  context.globalAlpha = 1;
  if (w < 26) return;
  context.save();
  context.beginPath();
  context.rect(x, y, w - 3, ROW_PX);
  context.clip();
  context.fillStyle = depth === 0 ? palette.text : '#151515';
  context.textAlign = 'left';
  context.fillText(node.name, x + 3, y + 12.5);
  context.restore();
}

function colourOf(node: Node, { isDifference, root }: Look): string {
  if (isDifference) return differenceColour(growthOf(node, root));
  if (!node.known) return '#a8adb2';
  if (node.module === '') return node.name.startsWith('waits:') ? '#d9776b' : '#a8adb200';
  const hues: Readonly<Record<string, number>> = { '[kernel]': 28, postgres: 145 };
  let hash = 0;
  for (let at = 0; at < node.name.length; at++) hash = (hash * 31 + node.name.charCodeAt(at)) | 0;
  return `hsl(${hues[node.module] ?? 205} 45% ${62 + (Math.abs(hash) % 12)}%)`;
}

/** Of the whole time, how much more than before: -1 to 1. */
const growthOf = ({ total, before }: Node, root: Node): number =>
  total / (root.total || 1) - before / (root.before || 1);

/** Red grew, blue shrank. */
function differenceColour(growth: number): string {
  const strength = Math.min(1, Math.abs(growth) * 5);
  return `hsl(${growth >= 0 ? 5 : 215} ${Math.round(20 + 55 * strength)}% ${Math.round(85 - 25 * strength)}%)`;
}

function Tip({
  box,
  x,
  root,
  isDifference,
}: {
  readonly box: Box;
  readonly x: number;
  readonly root: Node;
  readonly isDifference: boolean;
}): ComponentChild {
  const { node } = box;
  const growth = growthOf(node, root);
  return h('div', { class: `tip ${x > 0.5 ? 'left' : 'right'}`, style: { '--x': `${x * 100}%` } }, [
    h('strong', {}, node.name),
    h(
      'p',
      {},
      `${formatMicroseconds(node.total)}, ${formatShare(node.total / (root.total || 1))}; itself ${formatMicroseconds(node.self)}`,
    ),
    node.module !== '' && h('p', { class: 'quiet' }, node.module),
    isDifference &&
      h('p', {}, `${growth >= 0 ? '+' : '−'}${formatShare(Math.abs(growth))} of all time since the earlier window`),
  ]);
}

/** Part of the time in functions that match, each stack counted once. */
function shareOf(root: Node, search: string): number {
  const within = (node: Node): number =>
    node.name.toLowerCase().includes(search)
      ? node.total
      : [...node.children.values()].reduce((sum, child) => sum + within(child), 0);
  return within(root) / (root.total || 1);
}
