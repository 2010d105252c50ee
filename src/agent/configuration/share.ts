/** A share of all CPUs' time, as people write it. */

/** "1%", "0.5 %"; null for "none", and nothing for anything else. */
export function parseShare(text: string): number | null | undefined {
  if (text === 'none') return null;
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  return percent === undefined ? undefined : Number(percent) / 100;
}
