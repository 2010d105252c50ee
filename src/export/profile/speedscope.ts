/** Profiles as speedscope reads them (https://www.speedscope.app/file-format-schema.json): one profile a statement. */
import type { ProfileFrame, ProfileRow } from '../../api/index.ts';
import { doerLabel, innerLabels } from './label.ts';

export function toSpeedscope(rows: readonly ProfileRow[], name: string): string {
  const frames = new FrameTable();
  const groups = Map.groupBy(rows, (row) => `${row.kind === 'on_cpu' ? 'CPU' : 'waiting'}: ${doerLabel(row)}`);
  const profiles = Array.from(groups, ([title, own]) => sampled(title, own, frames));
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    exporter: 'pebble',
    name,
    activeProfileIndex: 0,
    shared: { frames: frames.list },
    profiles,
  });
}

function sampled(name: string, rows: readonly ProfileRow[], frames: FrameTable) {
  const samples = rows.map((row) =>
    [...innerLabels(row).map(asFrame), ...row.stack].map((frame) => frames.indexOf(frame)),
  );
  const weights = rows.map(({ time_us }) => time_us);
  const endValue = weights.reduce((sum, weight) => sum + weight, 0);
  return { type: 'sampled', name, unit: 'microseconds', startValue: 0, endValue, samples, weights };
}

const asFrame = (label: string): ProfileFrame => ({ function: label, known: true, module: '' });

class FrameTable {
  readonly list: { readonly name: string; readonly file: string }[] = [];
  readonly #known = new Map<string, number>();

  indexOf({ function: name, module: file }: ProfileFrame): number {
    const key = `${name}\n${file}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.list.length);
    return this.list.push({ name, file }) - 1;
  }
}
