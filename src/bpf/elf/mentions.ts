/** Which functions of a stripped file mention a string: how those are told that have no name. */
import type { Elf } from './elf.ts';
import type { Section } from './header.ts';

/** `lea register, [rip + disp32]`: REX.W (with REX.R) · 8d · ModRM with mod 0 and rm 5. */
const LEA = 0x8d;
const isRex = (byte: number | undefined): boolean => byte === 0x48 || byte === 0x4c;
const isRipRelative = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc7) === 0x05;

/** Starts of functions whose code takes the address of exactly this string; none on other machines than x86-64. */
export function functionsMentioning(elf: Elf, text: string): number[] {
  const [code, constants] = [elf.section('.text'), elf.section('.rodata')];
  if (elf.header.machine !== 'x86_64' || !code || !constants) return [];
  const address = addressOf(elf, constants, text);
  if (address === undefined) return [];
  const starts = functionStarts(elf);
  const found = new Set(usesOf(elf.read(code), code.address, address).flatMap((at) => lastNotAfter(starts, at) ?? []));
  return [...found];
}

function addressOf(elf: Elf, section: Section, text: string): number | undefined {
  const at = elf.read(section).indexOf(`\0${text}\0`);
  return at < 0 ? undefined : section.address + at + 1;
}

function usesOf(code: Buffer, address: number, wanted: number): number[] {
  const uses: number[] = [];
  for (let at = code.indexOf(LEA, 1); at >= 0 && at + 6 <= code.length; at = code.indexOf(LEA, at + 1)) {
    if (!isRex(code[at - 1]) || !isRipRelative(code[at + 1])) continue;
    if (address + at + 6 + code.readInt32LE(at + 2) === wanted) uses.push(address + at);
  }
  return uses;
}

/**
 * Ascending, from the table of .eh_frame_hdr: version, three encodings, pointer:32, count:32, then rows of
 * start:32 · entry:32, relative to the section's start (LSB 5.0, 10.6.2).
 */
function functionStarts(elf: Elf): Float64Array {
  const section = elf.section('.eh_frame_hdr');
  const bytes = section && elf.read(section);
  if (!section || !bytes || bytes.length < 12 || bytes[3] !== 0x3b) return new Float64Array();
  const count = Math.min(bytes.readUInt32LE(8), Math.floor((bytes.length - 12) / 8));
  return Float64Array.from({ length: count }, (_, row) => section.address + bytes.readInt32LE(12 + row * 8));
}

function lastNotAfter(starts: Float64Array, address: number): number | undefined {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= address) low = middle + 1;
    else high = middle;
  }
  return starts[low - 1];
}
