/** Watches for a while with some signals, and gives what was read at both ends: once, or each interval. */
import { formatMicroseconds } from '../../base/units.ts';
import {
  Attribution,
  type AttributionOptions,
  asMuchAsTaken,
  type IoTotals,
  type Signal,
  type Totals,
  type Window,
  windowBetween,
} from '../../collect/attribution/index.ts';
import { type Choice, chosenDoers, type ServerChoice } from '../choice.ts';
import { interruption } from '../interrupt.ts';
import { pause, stopSignal } from '../watch/watch.ts';

export interface Measured {
  readonly attribution: Attribution;
  readonly before: Totals;
  readonly after: Totals;
  readonly window: Window;
  /** No other window follows. */
  readonly isLast: boolean;
  /** At both ends; empty without the signal `io`. */
  readonly io: { readonly before: IoTotals; readonly after: IoTotals };
}

export interface MeasureOptions extends ServerChoice, Choice {
  readonly duration?: number | undefined;
  readonly interval?: number | undefined;
}

/** What is collected for it. */
export interface Collected {
  readonly signals: readonly Signal[];
  /** Left out, from the last, where this kernel's verifier refuses them; that is told. */
  readonly more?: readonly Signal[];
}

export const DEFAULT_MS = 10_000;

/** A signal ends the time early; `use` gets what was seen until then, and what each interval saw where there are some. */
export async function measure(
  options: MeasureOptions,
  { signals, more = [] }: Collected,
  use: (measured: Measured) => void | Promise<void>,
): Promise<void> {
  const start = (all: AttributionOptions) => Attribution.start(all);
  const wanted = [...signals, ...more];
  const { made: attribution, refused } = await asMuchAsTaken(chosenDoers(options), wanted, start, signals.length);
  try {
    for (const signal of refused.keys()) process.stderr.write(`pebble: this kernel does not let ${signal} be seen\n`);
    await eachWindow(attribution, options, use);
  } finally {
    attribution.close();
  }
}

async function eachWindow(
  attribution: Attribution,
  { duration, interval }: MeasureOptions,
  use: (measured: Measured) => void | Promise<void>,
): Promise<void> {
  const read = () => ({ totals: attribution.read(), io: attribution.readIo() });
  const windowMs = interval ?? duration ?? DEFAULT_MS;
  let first = read();
  process.stderr.write(`pebble: watching for ${formatMicroseconds((duration ?? windowMs) * 1000)}\n`);
  const stopped = interval === undefined ? interruption() : stopSignal(duration);
  for (let isLast = false; !isLast; ) {
    await pause(windowMs, stopped);
    isLast = interval === undefined || stopped.aborted;
    attribution.refresh();
    const now = read();
    const [before, after] = [first.totals, now.totals];
    const io = { before: first.io, after: now.io };
    await use({ attribution, before, after, window: windowBetween(before, after), io, isLast });
    first = now;
  }
}
