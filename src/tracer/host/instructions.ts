/** Where instructions begin: a trap goes nowhere else. */
import { Elf } from '../../bpf/elf/index.ts';
import type { UserFunction } from '../../lang/host.ts';
import { x86Length } from './x86-length.ts';

/** Of the longest instruction of x86, less one: of the last one more than its first byte is read. */
const BEHIND = 14;
/** All instructions of arm64 are as long. */
const ARM_BYTES = 4;

/** undefined: something between the function's start and there is no instruction. */
export function beginsInstruction(path: string, { fileOffset }: UserFunction, plus: number): boolean | undefined {
  const elf = Elf.open(path);
  try {
    if (elf.header.machine !== 'x86_64') return plus % ARM_BYTES === 0;
    const start = Number(fileOffset);
    return reaches(elf.source.read(start, Math.min(plus + BEHIND, elf.source.size - start)), plus);
  } finally {
    elf.close();
  }
}

function reaches(code: Uint8Array, end: number): boolean | undefined {
  let at = 0;
  while (at < end) {
    const length = x86Length(code, at);
    if (length === undefined) return undefined;
    at += length;
  }
  return at === end;
}
