/** Memory that programs and this process share, at the same addresses for both. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { mapAt, pageSize } from '../sys/index.ts';
import { MapHandle, type MapParts } from './handle.ts';

/**
 * Mapped as long as it is open: the kernel takes the address of the first mapping as the arena's, and no program that
 * uses it before there is one. It is read and written through /proc/self/mem: where an arena has no page, touching its
 * memory may end the process (BPF_F_SEGV_ON_FAULT).
 */
export class ArenaMap extends MapHandle {
  readonly address: bigint;
  readonly length: number;
  readonly #unmap: () => void;

  constructor(parts: MapParts, address = 0n) {
    super(parts);
    this.length = parts.maxEntries * pageSize();
    const mapping = mapAt(address, this.length, parts.fd, this.doing('mapping'));
    this.address = mapping.address;
    this.#unmap = mapping.unmap;
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    this.#withMemory('reading', offset, length, (fd, at) => readSync(fd, bytes, 0, length, at));
    return bytes;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#withMemory('writing', offset, bytes.length, (fd, at) => writeSync(fd, bytes, 0, bytes.length, at));
  }

  override close(): void {
    this.#unmap();
    super.close();
  }

  #withMemory(what: string, offset: number, length: number, body: (fd: number, at: number) => number): void {
    if (offset < 0 || offset + length > this.length)
      throw new PebbleError('usage', {
        doing: this.doing(what),
        what: `it has ${this.length} bytes, not ${offset + length}`,
      });
    const fd = openSync('/proc/self/mem', 'r+');
    try {
      body(fd, Number(this.address) + offset);
    } catch (cause) {
      throw new PebbleError('io', { doing: this.doing(what), what: (cause as Error).message, cause });
    } finally {
      closeSync(fd);
    }
  }
}
