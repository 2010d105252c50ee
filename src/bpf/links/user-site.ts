/** Finds the place in a file that a uprobe goes to, and judges the instruction there. */
import { PebbleError } from '../../base/errors.ts';
import { Elf } from '../elf/index.ts';
import type { UserLocation } from '../spec/index.ts';

export interface UserSite {
  readonly fileOffset: bigint;
  readonly warnings: readonly string[];
}

/** x86: marks where an indirect call may land; a probe on it is single-stepped. */
const ENDBR64 = Buffer.from('f30f1efa', 'hex');

/** Up to ten where a trap is dear (docs/guides/probes.md). */
const SINGLE_STEPPED = 'the instruction there is single-stepped by the kernel: each hit costs some microseconds more';

export function findSite(at: UserLocation, doing: string): UserSite {
  const elf = Elf.open(at.binary);
  try {
    const offset = offsetOf(elf, at, doing);
    const site = at.plus === undefined ? behindEndbr(elf, offset) : offset;
    return { fileOffset: BigInt(site), warnings: warningsAt(elf, [site]) };
  } finally {
    elf.close();
  }
}

export interface UserSites {
  readonly fileOffsets: readonly bigint[];
  readonly warnings: readonly string[];
}

/** The same of places that are known by their offsets: of functions, or in files of no format that is known here. */
export function judgeSites(binary: string, fileOffsets: readonly bigint[]): UserSites {
  let elf: Elf;
  try {
    elf = Elf.open(binary);
  } catch {
    return { fileOffsets, warnings: [] };
  }
  try {
    const sites = fileOffsets.map((offset) => behindEndbr(elf, Number(offset)));
    return { fileOffsets: sites.map(BigInt), warnings: warningsAt(elf, sites) };
  } finally {
    elf.close();
  }
}

function warningsAt(elf: Elf, sites: readonly number[]): string[] {
  const areCheap = elf.header.machine !== 'x86_64' || sites.every((site) => isEmulated(readAt(elf, site, 16)));
  return areCheap ? [] : [SINGLE_STEPPED];
}

/** Where a probe at the start of a function is cheap. */
export function behindEndbr(elf: Elf, offset: number): number {
  const marked = elf.header.machine === 'x86_64' && readAt(elf, offset, ENDBR64.length).equals(ENDBR64);
  return marked ? offset + ENDBR64.length : offset;
}

function offsetOf(elf: Elf, at: UserLocation, doing: string): number {
  const plus = at.plus ?? 0;
  if (at.fileOffset !== undefined) return Number(at.fileOffset) + plus;
  const address = at.address === undefined ? symbolAddress(elf, at, doing) : Number(at.address);
  const offset = elf.fileOffset(address + plus);
  if (offset !== undefined) return offset;
  throw new PebbleError('no-target', { doing, what: `no part of ${at.binary} is loaded at 0x${address.toString(16)}` });
}

function symbolAddress(elf: Elf, at: UserLocation, doing: string): number {
  for (const table of elf.symbolTables()) {
    const symbol = table.find(at.symbol ?? '');
    if (symbol !== undefined) return symbol.address;
  }
  throw new PebbleError('no-target', {
    doing,
    what: `${at.binary} has no symbol ${at.symbol}`,
    hint: 'the function may be inlined or static in a stripped binary; nm -D lists what is left',
  });
}

function readAt(elf: Elf, offset: number, length: number): Buffer {
  return elf.source.read(offset, Math.min(length, elf.source.size - offset));
}

/**
 * Whether the kernel acts out the instruction instead of executing it out of line (arch/x86/kernel/uprobes.c,
 * branch_setup_xol_ops and push_setup_xol_ops): nops, pushes, jumps and calls.
 */
function isEmulated(code: Buffer): boolean {
  const [first = 0, second = 0] = code;
  const pushOrNop = (byte: number) => (byte >= 0x50 && byte <= 0x57) || byte === 0x90;
  if (pushOrNop(first) || (first === 0x41 && second >= 0x50 && second <= 0x57)) return true;
  if (first === 0xe8 || first === 0xe9 || first === 0xeb || (first >= 0x70 && first <= 0x7f)) return true;
  if (first === 0x66 && second === 0x90) return true;
  return first === 0x0f && (second === 0x1f || (second >= 0x80 && second <= 0x8f));
}
