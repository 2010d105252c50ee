/** How wide lines may be: a terminal knows, COLUMNS may say it, and a file has room. */

/** Of a file. */
const PLAIN_COLUMNS = 160;

export function knownColumns(): number | undefined {
  return process.stdout.columns ?? (Number(process.env.COLUMNS) || undefined);
}

export const outputColumns = (): number => knownColumns() ?? PLAIN_COLUMNS;
