/** Durations as users write them, and moments as our output writes them. */

const MILLISECONDS: Readonly<Record<string, number>> = {
  '': 1000,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of `10`, `10s`, `500ms`, `1.5m`, `2h`, `1d`, `1m30s` (a bare number is seconds); nothing for other text. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$|^\d+(\.\d+)?$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd]|$)/g))
    total += Number(amount) * MILLISECONDS[unit!]!;
  return total;
}

/** RFC 3339 in UTC with milliseconds, as `window_start` in every row. */
export function rfc3339(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString();
}
