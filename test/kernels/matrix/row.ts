/** A row of the matrix: something that the runtime does with a kernel, proven by doing it and counting. */
import { type FeatureName, feature } from '../../../src/bpf/features/index.ts';

export interface Row {
  readonly name: string;
  /** What the kernel must have; where it lacks one of them, the row is absent instead of failed. */
  readonly needs?: readonly FeatureName[];
  /** Throws where it does not work. What it gives is told: the way that was taken. */
  readonly run: () => unknown;
}

/** Thrown by a row where the machine, not Pebble, cannot do it. */
export class Absent extends Error {}

export type Verdict =
  | { readonly status: 'works'; readonly how?: string }
  | { readonly status: 'absent'; readonly reason: string; readonly feature?: FeatureName; readonly since?: string }
  | { readonly status: 'failed'; readonly reason: string };
export type Result = Verdict & { readonly row: string; readonly milliseconds: number };

export async function runRow(row: Row): Promise<Result> {
  const start = performance.now();
  const verdict = await judge(row);
  return { row: row.name, ...verdict, milliseconds: Math.round(performance.now() - start) };
}

async function judge({ needs = [], run }: Row): Promise<Verdict> {
  for (const name of needs) {
    const { available, reason, since } = await feature(name);
    if (!available) return { status: 'absent', reason: reason ?? '', feature: name, since };
  }
  try {
    const how = await run();
    return typeof how === 'string' ? { status: 'works', how } : { status: 'works' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { status: error instanceof Absent ? 'absent' : 'failed', reason };
  }
}
