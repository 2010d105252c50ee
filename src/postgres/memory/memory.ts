/** Bytes of a process at an address, and the few types that PostgreSQL's structures are made of. */

export interface Memory {
  /** Fills `into`; false where any of it is not mapped. Addresses of user space fit a number (below 2^47). */
  read(address: number, into: Uint8Array): boolean;
}

/** Undefined where `address` is not mapped: the process may have ended meanwhile. */
export function readBlock(memory: Memory, address: number, length: number): DataView | undefined {
  const bytes = new Uint8Array(length);
  return memory.read(address, bytes) ? new DataView(bytes.buffer) : undefined;
}

export function readI32(memory: Memory, address: number): number | undefined {
  return readBlock(memory, address, 4)?.getInt32(0, true);
}

export function readU32(memory: Memory, address: number): number | undefined {
  return readBlock(memory, address, 4)?.getUint32(0, true);
}

export function readPointer(memory: Memory, address: number): number | undefined {
  const block = readBlock(memory, address, 8);
  return block && pointerAt(block, 0);
}

export function pointerAt(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
}

const PAGE = 4096;

/** The text at `address` without its NUL, cut after `longest` bytes; page by page: what follows its page may not be mapped. */
export function readCString(memory: Memory, address: number, longest: number): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = address, left = longest; left > 0; ) {
    const part = Buffer.alloc(Math.min(left, PAGE - (at % PAGE)));
    if (address === 0 || !memory.read(at, part)) return undefined;
    const end = part.indexOf(0);
    if (end >= 0) return Buffer.concat([...parts, part.subarray(0, end)]);
    parts.push(part);
    at += part.length;
    left -= part.length;
  }
  return Buffer.concat(parts);
}
