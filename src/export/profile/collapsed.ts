/** Profiles as folded stacks, a line each: what flamegraph.pl and its like read. */
import type { ProfileRow } from '../../api/index.ts';
import { innerLabels, rootLabel } from './label.ts';

/** The statement is the first frame. Counts are samples. */
export function toCollapsed(rows: readonly ProfileRow[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const stack = row.stack.map(({ function: name, module }) => frameLabel(name, module));
    const frames = [rootLabel(row), ...innerLabels(row), ...stack];
    const line = frames.map((frame) => frame.replace(/[;\n\r]/g, ' ')).join(';');
    counts.set(line, (counts.get(line) ?? 0) + row.samples);
  }
  return Array.from(counts, ([line, count]) => `${line} ${count}\n`).join('');
}

/** flamegraph.pl colours kernel functions by this ending. */
const frameLabel = (name: string, module: string): string => (module === '[kernel]' ? `${name}_[k]` : name);
