/** Moments of a server's clock beside those of ours: ns of CLOCK_MONOTONIC, microseconds since 1970. */

/** Exact to 2^53, which are 104 days. */
export const monotonic = (): number => Number(process.hrtime.bigint());

/** The wall clock at a moment of the monotonic one. */
const epochMicroseconds = (ns: number): number => Date.now() * 1000 - (monotonic() - ns) / 1000;

/** A moment of a server's clock, not set before there is one, and one of ours, which Node tells in milliseconds. */
export const isBefore = (moment: number | null, ns: number): boolean =>
  moment !== null && moment <= epochMicroseconds(ns) + 1000;

/** When it was by our clock, `now` at the latest; `now` where the server does not tell. */
export const monotonicOf = (moment: number | null, now: number): number =>
  moment === null ? now : Math.min(now, now - (epochMicroseconds(now) - moment) * 1000);
