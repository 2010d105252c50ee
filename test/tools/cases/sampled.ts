/** Of tools that sample: how often, and how near to what the kernel counted that is. */
import { assertBetween } from './host/case.ts';

const HERTZ = 99;

/**
 * What of so much CPU time was sampled. A virtual CPU that its host takes away meets one timer instead of several when it
 * comes back.
 */
export function assertSampled(count: number, leastMs: number, mostMs = leastMs): void {
  const samples = (ms: number): number => (ms * HERTZ) / 1000;
  assertBetween(count, samples(leastMs) * 0.4, samples(mostMs) * 1.3 + 5);
}
