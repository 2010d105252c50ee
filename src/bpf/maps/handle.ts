/** A map in the kernel, whatever its type: what all have in common. */
import { readFileSync } from 'node:fs';
import type { MapType } from '../spec/index.ts';
import { closeFd, type MapInfo, mapFreeze, mapInfo, must, objPin } from '../sys/index.ts';

/** A map's descriptor and measures, as the classes of this folder take them. */
export interface MapParts {
  readonly fd: number;
  readonly name: string;
  readonly type: MapType;
  readonly maxEntries: number;
}

export class MapHandle {
  readonly fd: number;
  readonly name: string;
  readonly type: MapType;
  readonly maxEntries: number;
  #closed = false;

  constructor(parts: MapParts) {
    this.fd = parts.fd;
    this.name = parts.name;
    this.type = parts.type;
    this.maxEntries = parts.maxEntries;
  }

  info(): MapInfo {
    return mapInfo(this.fd);
  }

  /** Bytes that the kernel has charged for it (`memlock` of fdinfo; kernel/bpf/syscall.c: bpf_map_show_fdinfo). */
  chargedBytes(): number {
    return Number(/^memlock:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${this.fd}`, 'latin1'))?.[1] ?? 0);
  }

  /** From now on system calls only read. */
  freeze(): void {
    must(mapFreeze(this.fd), this.doing('freezing'));
  }

  /** Keeps the map beyond this process, under a path of a bpf file system. */
  pin(path: string): void {
    objPin(this.fd, path, this.doing('pinning'));
  }

  /** The map goes when no program, link, pin or process holds it any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFd(this.fd);
  }

  protected doing(what: string): string {
    return `${what} map "${this.name}" (${this.type})`;
  }
}
