/** Task and cgroup storage: a value on the object itself, reached here through a descriptor of it. */
import { closeSync, openSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { i32 } from '../../base/record.ts';
import { closeFd, EINVAL, ENOENT, must, pidfdOpen } from '../sys/index.ts';
import type { Codec } from './codec.ts';
import { codecOf } from './codec.ts';
import { MapHandle, type MapParts } from './handle.ts';
import { KeyedMap, type UpdateMode } from './keyed.ts';

/** `Key` is a process id for tasks, a directory of the cgroup file system for cgroups. */
class StorageMap<Key, V> extends MapHandle {
  readonly value: Codec<V>;
  readonly #byFd: KeyedMap<number, V>;
  readonly #open: (key: Key) => number;
  readonly #release: (fd: number) => void;

  constructor(parts: MapParts, value: Codec<V>, open: (key: Key) => number, release: (fd: number) => void) {
    super(parts);
    this.value = value;
    this.#byFd = new KeyedMap(parts, codecOf(i32), value);
    this.#open = open;
    this.#release = release;
  }

  get(key: Key): V | undefined {
    return this.#with(key, (fd) => this.#byFd.get(fd));
  }

  /** The value's bytes. */
  getRaw(key: Key): DataView | undefined {
    return this.#with(key, (fd) => this.#byFd.getRaw(fd));
  }

  set(key: Key, value: V, mode: UpdateMode = 'any'): boolean {
    return this.#with(key, (fd) => this.#byFd.set(fd, value, mode));
  }

  delete(key: Key): boolean {
    return this.#with(key, (fd) => this.#byFd.delete(fd));
  }

  #with<T>(key: Key, body: (fd: number) => T): T {
    const fd = this.#open(key);
    try {
      return body(fd);
    } finally {
      this.#release(fd);
    }
  }
}

const threadHint = (errno: number): string | undefined =>
  errno === EINVAL || errno === ENOENT ? 'before Linux 6.9 only the first thread of a process can be asked' : undefined;

/** Keys are ids of processes, which stand for their first thread, or (from Linux 6.9 on) of other threads. */
export class TaskStorageMap<V> extends StorageMap<number, V> {
  constructor(parts: MapParts, value: Codec<V>) {
    super(parts, value, (task) => must(pidfdOpen(task), `opening process ${task}`, threadHint), closeFd);
  }
}

/** Keys are directories of the cgroup file system. */
export class CgroupStorageMap<V> extends StorageMap<string, V> {
  constructor(parts: MapParts, value: Codec<V>) {
    super(parts, value, openCgroup, closeSync);
  }
}

function openCgroup(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new PebbleError('io', {
      doing: `opening cgroup ${path}`,
      what:
        (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such directory' : (cause as Error).message,
      hint: 'name it with the mount point, as /sys/fs/cgroup/system.slice',
      cause,
    });
  }
}
