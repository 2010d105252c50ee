/** `--from`, `--to` and `--compare` as ranges of time. */
import { PebbleError } from '../../base/errors.ts';
import { parseDuration, parseMoment } from '../../base/time.ts';
import type { TimeRange } from '../../store/index.ts';

export interface RangeOptions {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

const DEFAULT_FROM = '1h';

export function rangeOf({ from = DEFAULT_FROM, to = 'now' }: RangeOptions, nowMs: number): TimeRange {
  const range = { fromMs: momentOf('--from', from, nowMs), toMs: momentOf('--to', to, nowMs) };
  if (range.fromMs < range.toMs) return range;
  throw new PebbleError('usage', {
    doing: 'reading --from and --to',
    what: `${from} is not before ${to}`,
    hint: 'a report is about the time from --from to --to',
  });
}

/** As long as `range`: just `before` it, so much earlier (`1d`), or from a moment on. */
export function earlierRange(text: string, { fromMs, toMs }: TimeRange): TimeRange {
  const length = toMs - fromMs;
  const earlier = text === 'before' ? length : parseDuration(text);
  const start = earlier === undefined ? momentOf('--compare', text, fromMs) : fromMs - earlier;
  return { fromMs: start, toMs: start + length };
}

function momentOf(option: string, text: string, nowMs: number): number {
  const ms = parseMoment(text, nowMs);
  if (ms !== undefined) return ms;
  throw new PebbleError('usage', {
    doing: `reading ${option}`,
    what: `${JSON.stringify(text)} is no moment`,
    hint: 'write a time before now such as 90m or 2d, or a date such as 2026-01-31T12:00:00Z or "2026-01-31 12:00"',
  });
}
