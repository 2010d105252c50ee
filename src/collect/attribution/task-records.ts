/** What the program keeps of processes, by their ids: storage on their tasks, or where there is none a hash. */
import { existsSync } from 'node:fs';
import { ESRCH, KernelError, type KeyedMap, TaskStorageMap } from '../../bpf/index.ts';

export class TaskRecords<V> {
  readonly #map: TaskStorageMap<V> | KeyedMap<number, V>;

  constructor(map: TaskStorageMap<V> | KeyedMap<number, V>) {
    this.#map = map;
  }

  get(pid: number): V | undefined {
    return ofTheLiving(() => this.#map.get(pid));
  }

  /** The value's bytes. */
  getRaw(pid: number): DataView | undefined {
    return ofTheLiving(() => this.#map.getRaw(pid));
  }

  /** False when the process has ended, or has a record. */
  add(pid: number, value: V): boolean {
    const isNew = ofTheLiving(() => this.#map.set(pid, value, 'new')) ?? false;
    if (!isNew || this.#map instanceof TaskStorageMap || existsSync(`/proc/${pid}`)) return isNew;
    // A hash does not know that its process is gone.
    this.#map.delete(pid);
    return false;
  }

  delete(pid: number): void {
    ofTheLiving(() => this.#map.delete(pid));
  }
}

function ofTheLiving<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof KernelError && error.errno === ESRCH) return undefined;
    throw error;
  }
}
