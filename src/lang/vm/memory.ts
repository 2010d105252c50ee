/** The memory that a program sees in the VM: regions at made-up addresses, every access checked. */
import { PebbleError } from '../../base/errors.ts';

export interface Region {
  readonly name: string;
  readonly start: bigint;
  readonly view: DataView;
}

export type AccessSize = 1 | 2 | 4 | 8;

/** Regions that the VM places itself start at multiples of this, so that overruns hit nothing. */
const SPACING = 1n << 32n;

export class Memory {
  readonly #regions: Region[] = [];
  #next = SPACING;
  #last: Region | undefined;

  /** Makes bytes addressable (they are not copied), by default at an address of the VM's choice. */
  map(name: string, bytes: Uint8Array, start?: bigint): bigint {
    const at = start ?? this.#next;
    if (start === undefined) this.#next += SPACING;
    this.#regions.push({ name, start: at, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
    return at;
  }

  unmap(start: bigint): void {
    const index = this.#regions.findIndex((region) => region.start === start);
    if (index >= 0) this.#regions.splice(index, 1);
    this.#last = undefined;
  }

  /** The region that holds the whole range. */
  find(address: bigint, size: number): Region | undefined {
    if (this.#last && contains(this.#last, address, size)) return this.#last;
    this.#last = this.#regions.find((region) => contains(region, address, size));
    return this.#last;
  }

  load(address: bigint, size: AccessSize): bigint {
    const { view, offset } = this.#at(address, size);
    switch (size) {
      case 1:
        return BigInt(view.getUint8(offset));
      case 2:
        return BigInt(view.getUint16(offset, true));
      case 4:
        return BigInt(view.getUint32(offset, true));
      case 8:
        return view.getBigUint64(offset, true);
    }
  }

  store(address: bigint, size: AccessSize, value: bigint): void {
    const { view, offset } = this.#at(address, size);
    switch (size) {
      case 1:
        return view.setUint8(offset, Number(value & 0xffn));
      case 2:
        return view.setUint16(offset, Number(value & 0xffffn), true);
      case 4:
        return view.setUint32(offset, Number(value & 0xffffffffn), true);
      case 8:
        return view.setBigUint64(offset, value, true);
    }
  }

  /** The bytes themselves, not a copy. */
  bytes(address: bigint, size: number): Uint8Array {
    if (size === 0) return new Uint8Array(0);
    const { view, offset } = this.#at(address, size);
    return new Uint8Array(view.buffer, view.byteOffset + offset, size);
  }

  #at(address: bigint, size: number): { view: DataView; offset: number } {
    const region = this.find(address, size);
    if (!region) throw new PebbleError('internal', { what: `no memory at 0x${address.toString(16)}, ${size} bytes` });
    return { view: region.view, offset: Number(address - region.start) };
  }
}

const contains = (region: Region, address: bigint, size: number): boolean =>
  address >= region.start && address + BigInt(size) <= region.start + BigInt(region.view.byteLength);
