/** Runs a live table on the terminal until its user, a signal or its end ends it. */

import { decodeKeys } from './keys.ts';
import { Screen } from './screen.ts';
import type { Paint } from './style.ts';
import { drawView, type Frame, pageSize, pressKey, startState, type ViewSpec, visibleRows } from './view.ts';

export interface LiveOptions<Row> {
  readonly view: ViewSpec<Row>;
  /** The next frame; not asked for while paused. */
  readonly poll: () => Frame<Row> | Promise<Frame<Row>>;
  readonly intervalMs: number;
  /** Ends the view: Ctrl-C from outside, SIGTERM, or the end of `--duration`. */
  readonly signal: AbortSignal;
  readonly paint: Paint;
}

/** Standard input and output must be terminals. Resolves to true when the user pressed Ctrl-C. */
export async function runLive<Row>({ view, poll, intervalMs, signal, paint }: LiveOptions<Row>): Promise<boolean> {
  let state = startState(view);
  let frame: Frame<Row> = { header: [], rows: [] };
  let interrupted = false;
  const widths: number[] = [];
  const ended = new AbortController();
  const screen = new Screen({ input, redraw });

  function redraw(): void {
    widths.length = 0;
    draw();
  }
  function draw(): void {
    screen.draw(drawView(view, state, frame, screen.size, paint, widths));
  }
  function press(key: string): void {
    if (key === 'ctrl-z') screen.suspend();
    interrupted ||= key === 'ctrl-c';
    state = pressKey(view, state, key, visibleRows(view, state, frame.rows), pageSize(frame.header, screen.size));
  }
  function input(text: string): void {
    for (const key of decodeKeys(text)) if (!state.ended) press(key);
    if (state.ended) ended.abort();
    else draw();
  }

  const stop = AbortSignal.any([signal, ended.signal]);
  screen.enter();
  try {
    while (!stop.aborted) {
      if (!state.paused) frame = await poll();
      draw();
      await pause(intervalMs, stop);
    }
  } finally {
    screen.leave();
  }
  return interrupted;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
