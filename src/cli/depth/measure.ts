/** Watches for a while with some signals, and gives what was read at both ends: for commands that answer once. */
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
import { interruption } from '../interrupt.ts';
import { pause } from '../watch/watch.ts';

export interface Measured {
  readonly attribution: Attribution;
  readonly before: Totals;
  readonly after: Totals;
  readonly window: Window;
  /** At both ends; empty without the signal `io`. */
  readonly io: { readonly before: IoTotals; readonly after: IoTotals };
}

export interface MeasureOptions {
  readonly pgdata: string | undefined;
  readonly durationMs: number | undefined;
  readonly signals: readonly Signal[];
  /** Left out, from the last, where this kernel's verifier refuses them; that is told. */
  readonly more?: readonly Signal[];
}

export const DEFAULT_MS = 10_000;

/** A signal ends the time early; `use` gets what was seen until then. */
export async function measure<T>(
  { pgdata, durationMs = DEFAULT_MS, signals, more = [] }: MeasureOptions,
  use: (measured: Measured) => T | Promise<T>,
): Promise<T> {
  const options: AttributionOptions = pgdata === undefined ? {} : { pgdata };
  const start = (all: AttributionOptions) => Attribution.start(all);
  const { made: attribution, refused } = await asMuchAsTaken(options, [...signals, ...more], start, signals.length);
  try {
    for (const signal of refused.keys()) process.stderr.write(`pebble: this kernel does not let ${signal} be seen\n`);
    const read = () => ({ totals: attribution.read(), io: attribution.readIo() });
    const { totals: before, io: ioBefore } = read();
    process.stderr.write(`pebble: watching for ${formatMicroseconds(durationMs * 1000)}\n`);
    await pause(durationMs, interruption());
    const { totals: after, io: ioAfter } = read();
    const io = { before: ioBefore, after: ioAfter };
    return await use({ attribution, before, after, window: windowBetween(before, after), io });
  } finally {
    attribution.close();
  }
}
