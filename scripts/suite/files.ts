/** Which test files run, and which of them may run beside others. */
import { globSync } from 'node:fs';

/** Without eBPF, PostgreSQL, Chromium or a clock that counts: by the rule of their names, but for folders whose subject is time. */
const ALONE = /\.(kernel|pg)\.test\.ts$|^test\/(dashboard|accidents|accuracy|cli)\//;

export interface Files {
  readonly together: readonly string[];
  /** They load programs or start clusters: they would disturb each other's numbers. */
  readonly alone: readonly string[];
}

/** The files of these patterns, or every one. */
export function findFiles(patterns: readonly string[], root: boolean): Files {
  const wanted = patterns.length > 0 ? patterns : ['{src,scripts,test}/**/*.test.ts'];
  const files = [...new Set(wanted.flatMap((pattern) => globSync(pattern)))].sort();
  const possible = patterns.length > 0 || root ? files : files.filter((file) => !file.endsWith('.kernel.test.ts'));
  return {
    together: possible.filter((file) => !ALONE.test(file)),
    alone: possible.filter((file) => ALONE.test(file)),
  };
}
