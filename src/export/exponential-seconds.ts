/** Our exponential buckets of ns as others' of seconds. */

/**
 * What to add to the index of a bucket. A second is no power of two of nanoseconds: the bounds are moved by the nearest whole number of
 * buckets, which at 8 of them to a power of two is 1.6 % off.
 */
export const nativeShift = (scale: number): number => -Math.round(Math.log2(1e9) * 2 ** scale);
