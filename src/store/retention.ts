/** How long history is kept. */
export interface Retention {
  /** How long intervals of each level are kept: 10 s, 1 min, 1 h, 1 d. */
  readonly keepMs: readonly number[];
  /** Of the file, at most; what is deleted first to stay below is the finest. */
  readonly maxBytes: number;
}

const DAY_MS = 86_400_000;

export const DEFAULT_RETENTION: Retention = {
  keepMs: [2 * DAY_MS, 14 * DAY_MS, 400 * DAY_MS, 1500 * DAY_MS],
  maxBytes: 4 * 2 ** 30,
};
