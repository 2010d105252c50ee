/** Pure arithmetic on what the kernel counted: histograms, windows, rankings. */
export { Histogram, LATENCY_SCALE } from './histogram.ts';
export { type Split, splitTop } from './top.ts';
export { type FieldRule, growBy, growthOf, mergeField, mergeRow, Windows } from './window.ts';
