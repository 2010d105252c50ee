/** What services say: that nobody reads it, or that the disk of it is full, must end nothing. */
import { writeSync } from 'node:fs';

/** What went wrong, and what was done. */
export function log(said: unknown): void {
  write(2, said instanceof Error ? said.message : String(said));
}

/** Where it serves. */
export function announce(line: string): void {
  write(1, line);
}

/** Past Node's streams: one that failed once never writes again, and a full disk has room again. */
function write(fd: number, line: string): void {
  try {
    writeSync(fd, `${line}\n`);
  } catch {
    // There is nobody to tell.
  }
}
