/** /tmp/perf-PID.map: names that a just-in-time compiler writes for its code (perf's jit interface). */
import { readFileSync } from 'node:fs';
import { readRegular } from '../../base/foreign-file.ts';
import { AddressIndex } from '../elf/addresses.ts';
import type { CodePlace } from '../elf/code.ts';

export class PerfMap {
  readonly #names: readonly string[];
  readonly #index: AddressIndex;

  private constructor(rows: readonly { start: number; size: number; name: string }[]) {
    this.#names = rows.map((row) => row.name);
    this.#index = new AddressIndex({
      count: rows.length,
      addressOf: (i) => rows[i]!.start,
      sizeOf: (i) => rows[i]!.size,
      // Code that was compiled again at the same place: the later line holds.
      rank: (i) => i,
    });
  }

  /** Lines of `START SIZE name`, both in hexadecimal. */
  static parse(text: string): PerfMap {
    const rows = [...text.matchAll(/^(?:0x)?([0-9a-f]{1,16}) (?:0x)?([0-9a-f]{1,16}) (.+)$/gim)];
    return new PerfMap(
      rows.map(([, start, size, name]) => ({
        start: Number.parseInt(start!, 16),
        size: Number.parseInt(size!, 16),
        name: name!,
      })),
    );
  }

  /** undefined when the process writes none. */
  static read(pid: number): PerfMap | undefined {
    try {
      const path = `/proc/${pid}/root/tmp/perf-${pidInItsNamespace(pid)}.map`;
      const bytes = readRegular(path);
      return bytes && PerfMap.parse(bytes.toString());
    } catch {
      return undefined;
    }
  }

  locate(address: number): CodePlace | undefined {
    const found = this.#index.locate(address);
    if (found === undefined || found.near) return undefined;
    return { symbol: this.#names[found.index]!, offset: found.offset, near: false };
  }
}

/** NSpid lists the pid in every namespace, the innermost last. */
function pidInItsNamespace(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return /^NSpid:.*?(\d+)$/m.exec(status)?.[1] ?? String(pid);
}
