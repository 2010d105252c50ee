/** Which test files run, and which of them may run beside others. */
import { globSync } from 'node:fs';

/** Their subject is time as people feel it, or what the whole machine does. All other tests hold on a busy machine, and mostly wait. */
const ALONE = /^test\/(dashboard|tools)\/|^src\/collect\/machine\//;

export interface Files {
  readonly together: readonly string[];
  readonly alone: readonly string[];
}

/** The files of these patterns, in their order, or every one. */
export function findFiles(patterns: readonly string[], root: boolean): Files {
  const wanted = patterns.length > 0 ? patterns : ['{src,scripts,test}/**/*.test.ts'];
  const files = [...new Set(wanted.flatMap((pattern) => globSync(pattern).sort()))];
  const possible = patterns.length > 0 || root ? files : files.filter((file) => !file.endsWith('.kernel.test.ts'));
  return {
    together: possible.filter((file) => !ALONE.test(file)),
    alone: possible.filter((file) => ALONE.test(file)),
  };
}
