/** The keyboard in a table: its rows are one stop of Tab, arrows go from row to row, and Enter opens one. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** Rows that a key goes on by. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowUp: -1,
  ArrowDown: 1,
  PageUp: -10,
  PageDown: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

interface Rows {
  /** All of them: only those in sight exist. */
  readonly count: number;
  readonly heightPx: number;
}

export function useRowKeys(
  box: RefObject<HTMLElement | null>,
  { count, heightPx }: Rows,
): (event: KeyboardEvent) => void {
  /** Where a key goes, until that row exists. */
  const target = useRef<number | undefined>(undefined);
  const arrive = (): void => {
    const button = openersIn(box.current).find((one) => rowOf(one) === target.current);
    if (button) {
      target.current = undefined;
      button.focus();
    }
    markStop(openersIn(box.current));
  };
  useLayoutEffect(arrive);
  return (event) => {
    const step = STEPS[event.key];
    const from = (event.target as Element).closest('button.open');
    if (step === undefined || !from || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    target.current = Math.max(0, Math.min(count - 1, rowOf(from) + step));
    showRow(box.current!, target.current * heightPx, heightPx);
    arrive();
  };
}

const openersIn = (box: HTMLElement | null): HTMLElement[] => [
  ...(box?.querySelectorAll<HTMLElement>('button.open') ?? []),
];

/** The first row is the second one of the table. */
const rowOf = (opener: Element): number => Number(opener.closest('tr')!.ariaRowIndex) - 2;

/** Below the head, which stays where it is. */
function showRow(box: HTMLElement, top: number, heightPx: number): void {
  const bottom = top + heightPx + (box.querySelector('thead')?.offsetHeight ?? 0);
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
}

/** Where Tab enters: the row that has the focus, or had it, or the first one that exists. */
function markStop(openers: readonly HTMLElement[]): void {
  const stop =
    openers.find((one) => one === document.activeElement) ??
    openers.find(({ tabIndex }) => tabIndex === 0) ??
    openers[0];
  for (const one of openers) {
    const tabIndex = one === stop ? 0 : -1;
    if (one.tabIndex !== tabIndex) one.tabIndex = tabIndex;
  }
}
