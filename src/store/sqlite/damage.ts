/** What is wrong with a file that cannot be read as history, in words: disks and copies go wrong. */
import { PebbleError } from '../../base/errors.ts';

export const TRY_TO_RECOVER =
  'move the file away: a new history begins, and the old one can still be tried with `sqlite3 FILE .recover`';

/** Whatever reading stumbles over is the file's fault: SQLite's own complaints, a block that does not unpack, JSON that is none. */
export function readFrom<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof PebbleError) throw cause;
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new PebbleError('format', {
      doing: `reading the history ${path}`,
      what: `it is damaged: ${what}`,
      hint: TRY_TO_RECOVER,
      cause,
    });
  }
}
