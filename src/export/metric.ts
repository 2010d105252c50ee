/** Metrics as exporters write them: families of samples with labels. */
import type { Histogram } from '../aggregate/index.ts';

export type Labels = Readonly<Record<string, string>>;

interface Labelled {
  readonly labels: Labels;
  /** When a counter began at nothing; absent: at the start of the agent. */
  readonly sinceMs?: number | undefined;
}

export interface Sample extends Labelled {
  readonly value: number;
}

/** Of ns; shown in seconds. */
export interface HistogramSample extends Labelled {
  readonly histogram: Histogram;
  readonly sumSeconds: number;
}

export type Family =
  | {
      readonly name: string;
      readonly help: string;
      readonly type: 'counter' | 'gauge';
      readonly samples: readonly Sample[];
    }
  | {
      readonly name: string;
      readonly help: string;
      readonly type: 'histogram';
      readonly samples: readonly HistogramSample[];
    };
