/** Where code of traced programs is in their sources, and which functions were inlined there; each file is opened once. */
import { existsSync } from 'node:fs';
import { PebbleError } from '../base/errors.ts';
import { type Dwarf, openDwarf, type SourceFrame } from '../bpf/dwarf/index.ts';

export class SourceFrames {
  readonly #programs = new Map<string, Dwarf | undefined>();
  readonly #frames = new Map<string, readonly SourceFrame[]>();

  /** `file` as the process sees it, `address` as linked; none without debug information. */
  at(pid: number, file: string, address: number): readonly SourceFrame[] {
    const key = `${file} ${address}`;
    let frames = this.#frames.get(key);
    if (frames === undefined) {
      frames = framesOf(this.#program(pid, file), address);
      this.#frames.set(key, frames);
    }
    return frames;
  }

  #program(pid: number, file: string): Dwarf | undefined {
    if (!this.#programs.has(file)) this.#programs.set(file, open(pid, file));
    return this.#programs.get(file);
  }
}

/** Damaged debug information is none: stacks are printed all the same. */
function framesOf(program: Dwarf | undefined, address: number): readonly SourceFrame[] {
  try {
    return program?.framesAt(address) ?? [];
  } catch (error) {
    if (error instanceof PebbleError) return [];
    throw error;
  }
}

function open(pid: number, file: string): Dwarf | undefined {
  const inside = `/proc/${pid}/root${file}`;
  try {
    return openDwarf(existsSync(inside) ? inside : file);
  } catch {
    return undefined;
  }
}
