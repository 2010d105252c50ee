/** Maps of the VM: one CPU, so per-CPU maps have one copy; storage on tasks is a map by their addresses. */
import { PebbleError } from '../../base/errors.ts';
import { sizeOf } from '../../base/record.ts';
import type { MapSpec, MapType } from '../../bpf/spec/map.ts';
import type { Memory } from './memory.ts';

/** Negative errno values that map helpers return. */
export const ERRNO = { ENOENT: -2n, E2BIG: -7n, EFAULT: -14n, EEXIST: -17n, EINVAL: -22n } as const;
const FLAG = { NOEXIST: 1n, EXIST: 2n } as const;

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly address: bigint;
}

export class VmMap {
  readonly spec: MapSpec;
  /** What ld_imm64 gives for the map. */
  readonly handle: bigint;
  readonly keySize: number;
  readonly valueSize: number;
  /** What was written to a ring buffer or perf event array, in order. */
  readonly records: Uint8Array[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #memory: Memory;

  constructor(spec: MapSpec, memory: Memory) {
    this.spec = spec;
    this.#memory = memory;
    this.handle = memory.map(`map ${spec.name}`, new Uint8Array(0));
    this.keySize = spec.key ? sizeOf(spec.key) : 0;
    this.valueSize = spec.value ? sizeOf(spec.value) : 0;
    if (isArray(spec.type)) this.#fillArray();
  }

  /** Address of the value, 0 if there is none. */
  lookup(key: Uint8Array): bigint {
    return this.#entries.get(idOf(key))?.address ?? 0n;
  }

  update(key: Uint8Array, value: Uint8Array, flags: bigint): bigint {
    const existing = this.#entries.get(idOf(key));
    if (existing && flags === FLAG.NOEXIST) return ERRNO.EEXIST;
    if (!existing && flags === FLAG.EXIST) return ERRNO.ENOENT;
    if (existing) {
      existing.value.set(value);
      return 0n;
    }
    if (isArray(this.spec.type)) return ERRNO.E2BIG;
    if (this.spec.maxEntries > 0 && this.#entries.size >= this.spec.maxEntries && !this.#evict()) return ERRNO.E2BIG;
    this.#insert(key, value);
    return 0n;
  }

  delete(key: Uint8Array): bigint {
    if (isArray(this.spec.type)) return ERRNO.EINVAL;
    const entry = this.#entries.get(idOf(key));
    if (!entry) return ERRNO.ENOENT;
    this.#memory.unmap(entry.address);
    this.#entries.delete(idOf(key));
    return 0n;
  }

  /** The value's bytes, for tests to read and set. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(idOf(key))?.value;
  }

  entries(): [key: Uint8Array, value: Uint8Array, address: bigint][] {
    return [...this.#entries.values()].map((entry) => [entry.key, entry.value, entry.address]);
  }

  /** Address inside the only value of an array map. */
  valueAddress(offset: number): bigint {
    const [entry] = this.#entries.values();
    if (!entry) throw new PebbleError('internal', { what: `map ${this.spec.name} has no value to point to` });
    return entry.address + BigInt(offset);
  }

  #fillArray(): void {
    for (let i = 0; i < this.spec.maxEntries; i++) {
      const key = new Uint8Array(4);
      new DataView(key.buffer).setUint32(0, i, true);
      this.#insert(key, this.spec.initial ?? new Uint8Array(this.valueSize));
    }
  }

  #insert(key: Uint8Array, value: Uint8Array): void {
    const copy = value.slice();
    const address = this.#memory.map(`value of ${this.spec.name}`, copy);
    this.#entries.set(idOf(key), { key: key.slice(), value: copy, address });
  }

  #evict(): boolean {
    const [oldest] = this.#entries.values();
    if (!this.spec.type.startsWith('lru') || !oldest) return false;
    this.delete(oldest.key);
    return true;
  }
}

const isArray = (type: MapType): boolean => type === 'array' || type === 'percpu_array';
const idOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1');
