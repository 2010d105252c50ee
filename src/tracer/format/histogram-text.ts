/** A histogram as lines of bars. */
import type { Histogram } from './histogram.ts';
import type { ByteText, Printable } from './printable.ts';
import { textOf } from './printable-text.ts';

const BAR = 52;

export function histogramText({ lower, labels, counts, percentiles = [] }: Histogram): ByteText {
  const largest = counts.reduce((max, count) => (count > max ? count : max), 0n);
  let text = '';
  for (const [i, count] of counts.entries()) {
    const range = rangeText(i === 0 ? lower : labels[i - 1], labels[i]);
    const bar = '@'.repeat(barWidth(count, largest)).padEnd(BAR);
    text += `${range.padEnd(16)}${count.toString().padStart(8)} |${bar}|\n`;
  }
  if (percentiles.length > 0) text += `${percentiles.map(([share, most]) => `p${share} <= ${most}`).join(', ')}\n`;
  return text;
}

/** In single precision, as bpftrace computes it: the last character depends on it. */
function barWidth(count: bigint, largest: bigint): number {
  const share = Math.fround(Math.fround(Number(count)) / Math.fround(Number(largest)));
  return Math.trunc(Math.fround(share * BAR));
}

function rangeText(from: Printable | undefined, to: Printable | undefined): ByteText {
  if (to === undefined) return `[${textOf(from ?? null)}, ...)`;
  if (from === undefined) return `(..., ${textOf(to)})`;
  return follows(from, to) ? `[${textOf(from)}]` : `[${textOf(from)}, ${textOf(to)})`;
}

/** The bucket holds one value only; labels that are names (4K) are ranges even then. */
function follows(from: Printable, to: Printable): boolean {
  return (
    from !== null &&
    to !== null &&
    typeof from === 'object' &&
    typeof to === 'object' &&
    from.kind === 'int' &&
    to.kind === 'int' &&
    from.value + 1n === to.value
  );
}
