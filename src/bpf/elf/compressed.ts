/** Unpacks compressed sections: debug information is usually stored so. */
import { ByteCursor } from '../../base/bytes.ts';

/** Elf64_Chdr: ch_type, reserved, ch_size, ch_addralign; then the packed bytes. */
const ZLIB = 1;
const ZSTD = 2;
/** Far beyond any real section: protects against damaged sizes. */
const MAX_SIZE = 4 * 1024 ** 3;

export function readCompressed(bytes: Buffer, name: string): Buffer {
  const cursor = new ByteCursor(bytes, name);
  const type = cursor.u32();
  cursor.u32();
  const size = cursor.size64();
  cursor.u64();
  if (size > MAX_SIZE) cursor.fail(`an unpacked size of ${size} bytes is not plausible`);
  // Loaded only here: most files have no compressed section that we read.
  const zlib = process.getBuiltinModule('node:zlib');
  const unpack = type === ZLIB ? zlib.inflateSync : type === ZSTD ? zlib.zstdDecompressSync : undefined;
  if (unpack === undefined) return cursor.fail(`compression ${type} is not known`);
  try {
    return unpack(cursor.take(cursor.remaining), { maxOutputLength: Math.max(size, 1) }) as Buffer;
  } catch (error) {
    return cursor.fail(`unpacking failed: ${(error as Error).message}`);
  }
}
