/** Matches names against patterns with `*`, `?` and `[…]`, as probe names use them. */

export const isPattern = (text: string): boolean => /[*?[]/.test(text);

export function matcher(pattern: string): (name: string) => boolean {
  if (!isPattern(pattern)) return (name) => name === pattern;
  const source = pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}
