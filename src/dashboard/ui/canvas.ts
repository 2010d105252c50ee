/** A canvas as large as its place, sharp on every screen, drawn again when its data, its size or the colours change. */
import { type ComponentChild, h } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Palette {
  readonly text: string;
  readonly quiet: string;
  readonly line: string;
  readonly panel: string;
  readonly ground: string;
  readonly alarm: string;
  readonly accent: string;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Draw = (context: CanvasRenderingContext2D, size: Size, palette: Palette) => void;

export interface CanvasProps {
  readonly draw: Draw;
  readonly height: number;
  /** What it shows, for those who do not see it; absent where something around it says that. */
  readonly label?: string;
  readonly class?: string;
}

export function Canvas({ draw, height, label, class: name = '' }: CanvasProps): ComponentChild {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, redraw] = useState(0);
  useLayoutEffect(() => {
    if (canvas.current) paint(canvas.current, height, draw);
  });
  useEffect(() => {
    const again = (): void => redraw((count) => count + 1);
    const observer = new ResizeObserver(again);
    observer.observe(canvas.current!.parentElement!);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', again);
    window.addEventListener('pebble-theme', again);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', again);
      window.removeEventListener('pebble-theme', again);
    };
  }, []);
  const told = label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label };
  return h('canvas', { ref: canvas, class: name, ...told, style: { height: `${height}px` } });
}

function paint(canvas: HTMLCanvasElement, height: number, draw: Draw): void {
  const context = canvas.getContext('2d');
  const width = canvas.clientWidth;
  if (!context || width === 0) return;
  const scale = window.devicePixelRatio;
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '11px system-ui, sans-serif';
  draw(context, { width, height }, paletteOf(canvas));
}

const NAMES = ['text', 'quiet', 'line', 'panel', 'ground', 'alarm', 'accent'] as const;

/** light-dark() is a function to CSS and no colour to a canvas: an element's own style gives what it came to. */
function paletteOf(canvas: HTMLCanvasElement): Palette {
  const key =
    getComputedStyle(document.documentElement).colorScheme + matchMedia('(prefers-color-scheme: dark)').matches;
  if (known?.key !== key) {
    const colour = (name: string): string => {
      canvas.style.color = `var(--${name})`;
      return getComputedStyle(canvas).color;
    };
    known = { key, palette: Object.fromEntries(NAMES.map((name) => [name, colour(name)])) as unknown as Palette };
    canvas.style.color = '';
  }
  return known.palette;
}

let known: { readonly key: string; readonly palette: Palette } | undefined;
