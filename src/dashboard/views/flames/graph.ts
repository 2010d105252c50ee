/** A flame graph on a canvas: callers above, a click or Enter zooms, a search lights up, a second window colours by growth. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatMicroseconds, formatShare } from '../../../base/units.ts';
import { Canvas, type Palette } from '../../ui/canvas.ts';
import { type Box, boxAt, layout, MOVES, nodesOf, pathOf } from './boxes.ts';
import type { Node } from './tree.ts';

const ROW_PX = 18;
/** That a tip is high. */
const TIP_ROWS = 5;
/** Narrower than this nothing can be seen. */
const LEAST_PX = 0.4;

export interface GraphProps {
  readonly root: Node;
  /** Names from the root to the one that fills the width. */
  readonly path: readonly string[];
  readonly search: string;
  readonly isDifference: boolean;
  readonly onZoom: (path: readonly string[]) => void;
}

/** The one that the keyboard is at, for those who do not see it. */
const FOCUSED_ID = 'flame-focused';

export function FlameGraph({ root, path, search, isDifference, onZoom }: GraphProps): ComponentChild {
  const [hover, setHover] = useState<{ readonly box: Box; readonly x: number }>();
  const [hasFocus, setHasFocus] = useState(false);
  const [focusPath, setFocusPath] = useState<readonly string[]>(path);
  const element = useRef<HTMLDivElement>(null);
  const zoomed = useMemo(() => nodesOf(root, path), [root, path.join('\0')]);
  const boxes = useMemo(() => layout(zoomed), [zoomed]);
  const focused = boxAt(boxes, focusPath);
  const height = ROW_PX * (1 + Math.max(0, ...boxes.map(({ depth }) => depth)));
  useEffect(() => {
    if (hasFocus && focused) showRow(element.current!, focused.depth);
  }, [hasFocus, focused?.depth]);
  const at = (event: MouseEvent): { readonly box: Box; readonly x: number } | undefined => {
    const { clientWidth, scrollTop } = element.current!;
    const { left, top } = element.current!.getBoundingClientRect();
    const x = (event.clientX - left) / clientWidth;
    const depth = Math.floor((event.clientY - top + scrollTop) / ROW_PX);
    const box = boxes.find((one) => one.depth === depth && x >= one.left && x < one.left + one.width);
    return box && { box, x };
  };
  const zoom = (to: readonly string[]): void => {
    setFocusPath(to);
    onZoom(to);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const move = MOVES[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || !focused) return;
    if (move) setFocusPath(pathOf(move(boxes, focused) ?? focused));
    else if (event.key === 'Enter') zoom(pathOf(focused));
    else if ((event.key === 'Escape' || event.key === 'Backspace') && zoomed.length > 1)
      zoom(zoomed.slice(1, -1).map(({ name }) => name));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const found = search === '' ? undefined : shareOf(zoomed.at(-1)!, search);
  const tip = hover ?? (hasFocus && focused && { box: focused, x: focused.left + focused.width / 2 });
  return h('div', { class: 'flame' }, [
    found !== undefined &&
      h('p', { class: 'quiet', role: 'status' }, `${formatShare(found)} of the time is in functions that match`),
    h(
      'div',
      {
        ref: element,
        class: 'plot',
        role: 'tree',
        tabIndex: 0,
        'aria-label': `flame graph of ${formatMicroseconds(root.total)}; arrows walk, Enter zooms in, Escape out`,
        'aria-activedescendant': FOCUSED_ID,
        onKeyDown,
        onFocus: () => setHasFocus(true),
        onBlur: () => setHasFocus(false),
        onClick: (event: MouseEvent) => {
          const clicked = at(event);
          if (clicked) zoom(pathOf(clicked.box));
        },
        onMouseMove: (event: MouseEvent) => setHover(at(event)),
        onMouseLeave: () => setHover(undefined),
      },
      [
        focused &&
          h(
            'div',
            { id: FOCUSED_ID, class: 'unseen', role: 'treeitem', 'aria-level': focused.depth + 1 },
            wordsOf(focused.node, root, isDifference).join(', '),
          ),
        h(Canvas, {
          height,
          draw: (context, { width }, palette) => {
            for (const box of boxes) drawBox(context, box, width, palette, { search, isDifference, root });
            if (hasFocus && focused) drawFrame(context, focused, width, palette);
          },
        }),
        tip && h(Tip, { ...tip, words: wordsOf(tip.box.node, root, isDifference) }),
      ],
    ),
  ]);
}

/** Scrolls the graph itself, not the page. */
function showRow(plot: HTMLElement, depth: number): void {
  const top = depth * ROW_PX;
  const lowest = top + 2 * ROW_PX - plot.clientHeight;
  plot.scrollTop = Math.min(Math.max(plot.scrollTop, lowest), Math.max(0, top - ROW_PX));
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

function drawFrame(
  context: CanvasRenderingContext2D,
  { depth, left, width }: Box,
  whole: number,
  palette: Palette,
): void {
  context.strokeStyle = palette.text;
  context.lineWidth = 2;
  context.strokeRect(left * whole + 1, depth * ROW_PX + 1, Math.max(width * whole - 2, 1), ROW_PX - 2);
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

interface TipProps {
  readonly box: Box;
  readonly x: number;
  readonly words: readonly string[];
}

/** Beside the one it is about, which stays in sight; a deep graph does not grow for it. */
function Tip({ box: { depth }, x, words: [name, ...more] }: TipProps): ComponentChild {
  const isAbove = depth > TIP_ROWS;
  const top = isAbove ? `${depth * ROW_PX - 4}px` : `${(depth + 1) * ROW_PX + 4}px`;
  const place = { '--x': `${x * 100}%`, top, translate: isAbove ? '0 -100%' : 'none' };
  return h('div', { class: `tip ${x > 0.5 ? 'left' : 'right'}`, style: place, 'aria-hidden': true }, [
    h('strong', {}, name),
    more.map((line) => h('p', { key: line }, line)),
  ]);
}

function wordsOf(node: Node, root: Node, isDifference: boolean): string[] {
  const growth = growthOf(node, root);
  const change = `${growth >= 0 ? '+' : '−'}${formatShare(Math.abs(growth))} of all time since the earlier window`;
  return [
    node.name,
    `${formatMicroseconds(node.total)}, ${formatShare(node.total / (root.total || 1))}; itself ${formatMicroseconds(node.self)}`,
    ...(node.module === '' ? [] : [node.module]),
    ...(isDifference ? [change] : []),
  ];
}

/** Part of the time in functions that match, each stack counted once. */
function shareOf(root: Node, search: string): number {
  const within = (node: Node): number =>
    node.name.toLowerCase().includes(search)
      ? node.total
      : [...node.children.values()].reduce((sum, child) => sum + within(child), 0);
  return within(root) / (root.total || 1);
}
