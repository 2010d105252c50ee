/** Durations as users write them and where they may not be known, and moments as our output writes them. */

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

/** The longest of two durations of which either may not be known: of those that are. */
export const longer = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);

/** RFC 3339 in UTC with milliseconds, as `window_start` in every row. */
export function rfc3339(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString();
}

/** Milliseconds of the epoch of `now`, of a duration before it (`90m`), or of a moment as ISO 8601 has it; local time where no zone is given. */
export function parseMoment(text: string, nowMs: number): number | undefined {
  if (text === 'now') return nowMs;
  const ago = parseDuration(text);
  if (ago !== undefined) return nowMs - ago;
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (!match) return undefined;
  const ms = Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? ''}`);
  return Number.isNaN(ms) ? undefined : ms;
}
