/** Where an ELF file's bytes come from: ranges of a file, or bytes already in memory. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import { openRegular } from '../../base/foreign-file.ts';

export interface ByteSource {
  /** For messages: the path. */
  readonly name: string;
  readonly size: number;
  /** Exactly `length` bytes, or a `format` error when they lie outside. */
  read(offset: number, length: number): Buffer;
  close(): void;
}

export function bytesSource(bytes: Buffer, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    read(offset, length) {
      checkRange(this, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    close() {},
  };
}

/** Keeps the file open, so that what is read later is of the same file even if the path is replaced. */
export function fileSource(path: string): ByteSource {
  const fd = openFile(path);
  const { size } = fstatSync(fd);
  return {
    name: path,
    size,
    read(offset, length) {
      checkRange(this, offset, length);
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length; ) {
        const count = readSync(fd, bytes, done, length - done, offset + done);
        if (count === 0) throw failed(path, `it ends at byte ${offset + done}`);
        done += count;
      }
      return bytes;
    },
    close() {
      closeSync(fd);
    },
  };
}

/** What to make of the commonest refusals, which Node tells with the path once more. */
const REFUSED: Readonly<Record<string, { readonly what: string; readonly hint?: string }>> = {
  ENOENT: { what: 'there is no such file' },
  ENOTDIR: { what: 'there is no such file' },
  EACCES: { what: 'you may not read it', hint: 'run as root, or as its owner' },
};

function openFile(path: string): number {
  try {
    return openRegular(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new PebbleError('io', {
      doing: `opening ${path}`,
      ...(REFUSED[code ?? ''] ?? { what: message.replace(`${path} is`, 'it is') }),
      cause,
    });
  }
}

function checkRange(source: ByteSource, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new PebbleError('format', {
      doing: `reading ${source.name}`,
      what: `${length} bytes at ${offset} are wanted, the file has ${source.size}`,
      hint: 'it is cut off or damaged: copy it again, or build it anew',
    });
  }
}

function failed(name: string, what: string): PebbleError {
  return new PebbleError('format', { doing: `reading ${name}`, what });
}
