/** Test files that must pass on every kernel, besides the matrix: one row a subject. */

export interface Suite {
  readonly name: string;
  /** Patterns, relative to the repository. */
  readonly files: readonly string[];
}

export const SUITES: readonly Suite[] = [{ name: 'the runtime', files: ['src/bpf/**/*.kernel.test.ts'] }];
