/** Metrics as exporters write them: families of samples with labels. */
import type { Histogram } from '../aggregate/index.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Of ns; shown in seconds. */
export interface HistogramSample {
  readonly labels: Labels;
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
