/**
 * Exponential buckets: 2^scale of them to each power of two, the i-th covering [2^(i/2^scale), 2^((i+1)/2^scale)).
 *
 * The index is made of integers only, so that BPF programs, the compiler's tests and user space agree on every value:
 *
 *     exponent = position of the highest bit of value          value >= 1
 *     mantissa = (value << (63 - exponent)) >> 33              31 bits, the highest set: 2^30 .. 2^31-1
 *     index    = (exponent << scale) + how many thresholds(scale) are <= mantissa
 *
 * Below 2^31 the membership is exact. Above, bits that the mantissa loses can misplace a value within a billionth of a bound.
 * The same buckets as OpenTelemetry's ExponentialHistogram and Prometheus' native histograms of that scale, but that theirs
 * include the upper bound and ours the lower one, which only whole powers of two can hit.
 */

export const MAX_SCALE = 5;

/** How wide a bucket is: its upper bound over its lower bound. */
export const bucketRatio = (scale: number): number => 2 ** (2 ** -scale);

/** Bounds between the buckets of one power of two, as 31-bit mantissas, ascending: ceil(2^(30 + k/2^scale)). */
export function thresholds(scale: number): readonly number[] {
  const steps = 2 ** scale;
  return Array.from({ length: steps - 1 }, (_, k) => Math.ceil(2 ** (30 + (k + 1) / steps)));
}

/** The smallest integer whose bucket is `index` or a later one: exact where bucketOf is not. */
export function integerBound(index: number, scale: number): bigint {
  const exponent = BigInt(index >> scale);
  const step = index & (2 ** scale - 1);
  if (step === 0) return 1n << exponent;
  const mantissa = BigInt(thresholds(scale)[step - 1]!);
  if (exponent >= 30n) return mantissa << (exponent - 30n);
  const bits = 30n - exponent;
  return (mantissa + (1n << bits) - 1n) >> bits;
}

const cached: (readonly number[])[] = [];

/** The bucket of an integer of 1 to 2^53; 0 has none. */
export function bucketOf(value: number, scale: number): number {
  const exponent = value < 2 ** 32 ? 31 - Math.clz32(value) : 63 - Math.clz32(value / 2 ** 32);
  const mantissa = Math.floor(value * 2 ** (30 - exponent));
  cached[scale] ??= thresholds(scale);
  const bounds = cached[scale];
  let sub = 0;
  while (sub < bounds.length && bounds[sub]! <= mantissa) sub++;
  return (exponent << scale) + sub;
}

/** The smallest real number in bucket `index`; the upper bound is that of `index + 1`. */
export const lowerBound = (index: number, scale: number): number => 2 ** (index / 2 ** scale);
