/** Drags over a picture: a box of parts of its width and height, while it is drawn and when it is done. */
import { useRef, useState } from 'preact/hooks';

/** Parts of 1, from the left and from the top. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Brush {
  readonly box: Box | undefined;
  /** Where the pointer is, while nothing is dragged. */
  readonly hover: { readonly x: number; readonly y: number } | undefined;
  readonly handlers: {
    readonly onPointerDown: (event: PointerEvent) => void;
    readonly onPointerMove: (event: PointerEvent) => void;
    readonly onPointerUp: (event: PointerEvent) => void;
    readonly onPointerLeave: () => void;
  };
}

const CLICK_PX = 4;

/** `inset`: what of the element is margin. A press without a drag is a click, at parts of the plot. */
export function useBrush(
  inset: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number },
  done: { readonly onBox: (box: Box) => void; readonly onClick?: (x: number, y: number) => void },
): Brush {
  const start = useRef<{ x: number; y: number; px: number; py: number } | undefined>(undefined);
  const [box, setBox] = useState<Box>();
  const [hover, setHover] = useState<{ x: number; y: number }>();
  const at = (event: PointerEvent): { x: number; y: number } => {
    const place = (event.currentTarget as Element).getBoundingClientRect();
    const part = (value: number, low: number, high: number): number =>
      Math.min(1, Math.max(0, (value - low) / Math.max(1, high - low)));
    return {
      x: part(event.clientX, place.left + inset.left, place.right - inset.right),
      y: part(event.clientY, place.top + inset.top, place.bottom - inset.bottom),
    };
  };
  const boxTo = ({ x, y }: { x: number; y: number }, from: { x: number; y: number }): Box => ({
    left: Math.min(x, from.x),
    right: Math.max(x, from.x),
    top: Math.min(y, from.y),
    bottom: Math.max(y, from.y),
  });
  const handlers: Brush['handlers'] = {
    onPointerDown(event) {
      if (event.button !== 0) return;
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      start.current = { ...at(event), px: event.clientX, py: event.clientY };
    },
    onPointerMove(event) {
      if (start.current) setBox(boxTo(at(event), start.current));
      else setHover(at(event));
    },
    onPointerUp(event) {
      const from = start.current;
      start.current = undefined;
      setBox(undefined);
      if (!from) return;
      const moved = Math.max(Math.abs(event.clientX - from.px), Math.abs(event.clientY - from.py));
      const to = at(event);
      if (moved >= CLICK_PX) done.onBox(boxTo(to, from));
      else done.onClick?.(to.x, to.y);
    },
    onPointerLeave: () => setHover(undefined),
  };
  return { box, hover, handlers };
}
