/** Reads files of /proc, whose size is not known before they are read. */
import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK = 1 << 20;

/** One large buffer and large reads: /proc/kallsyms takes half the time of readFileSync. */
export function readProcFile(path: string, expectedSize = CHUNK): Buffer {
  const fd = openSync(path, 'r');
  try {
    let bytes = Buffer.allocUnsafeSlow(expectedSize);
    let length = 0;
    for (;;) {
      if (bytes.length - length < CHUNK / 2) {
        const larger = Buffer.allocUnsafeSlow(bytes.length * 2);
        bytes.copy(larger, 0, 0, length);
        bytes = larger;
      }
      const count = readSync(fd, bytes, length, Math.min(CHUNK, bytes.length - length), null);
      if (count === 0) return bytes.subarray(0, length);
      length += count;
    }
  } finally {
    closeSync(fd);
  }
}
