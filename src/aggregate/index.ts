/** Pure arithmetic on what the kernel counted: histograms, windows, rankings. */
export { Histogram, LATENCY_SCALE, type TakeNumbers } from './histogram.ts';
export { Slab } from './slab.ts';
export { type Split, splitTop } from './top.ts';
export { type FieldRule, growBy, growthOf, mergeField, mergeRow, Windows } from './window.ts';
