/** Where output goes: bytes collected and written to a descriptor at the moments that the buffering mode names. */
import { openSync, writeSync } from 'node:fs';
import { PebbleError } from '../base/errors.ts';
import type { ByteText } from './format/printable.ts';

/** As -B names them; `line` also stands for no -B at all. */
export type Buffering = 'none' | 'line' | 'full';

/** What is collected before it is written, in mode `full`. */
const FULL_SIZE = 64 * 1024;
const STANDARD: Readonly<Record<number, string>> = { 1: 'standard output', 2: 'standard error' };

export class Sink {
  readonly #fd: number;
  readonly #mode: Buffering;
  readonly #name: string;
  #pending: ByteText[] = [];
  #size = 0;
  #closed = false;

  constructor(fd: number, mode: Buffering, name = STANDARD[fd] ?? `descriptor ${fd}`) {
    this.#fd = fd;
    this.#mode = mode;
    this.#name = name;
  }

  /** Writes to a new file. */
  static open(path: string, mode: Buffering): Sink {
    try {
      return new Sink(openSync(path, 'w'), mode, path);
    } catch (cause) {
      const what = `Failed to open output file: "${path}": ${(cause as Error).message}`;
      throw new PebbleError('io', { what, cause });
    }
  }

  /** The reader at the other end has gone, or nothing can be written any more, which was an error once. */
  get closed(): boolean {
    return this.#closed;
  }

  write(text: ByteText): void {
    if (text === '') return;
    this.#pending.push(text);
    this.#size += text.length;
    if (this.#mode === 'none' || this.#size >= FULL_SIZE) this.#flush();
  }

  /** A batch of events has been written: what has collected goes out, unless the mode is `full`. */
  settle(): void {
    if (this.#mode !== 'full') this.#flush();
  }

  end(): void {
    this.#flush();
  }

  #flush(): void {
    if (this.#size === 0) return;
    const bytes = Buffer.from(this.#pending.join(''), 'latin1');
    this.#pending = [];
    this.#size = 0;
    if (this.#closed) return;
    try {
      this.#closed = !writeAll(this.#fd, bytes);
    } catch (cause) {
      this.#closed = true;
      const { message: what } = cause as Error;
      const hint = 'what was to be written is lost, and the run ends; make room, or write elsewhere';
      throw new PebbleError('io', { doing: `writing to ${this.#name}`, what, hint, cause });
    }
  }
}

/** False when nobody reads any more. */
function writeAll(fd: number, bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      waitABit();
    }
  }
  return true;
}

/** A pipe that another program made non-blocking is full: give its reader a millisecond. */
function waitABit(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}
