/** USDT probes: the places in a binary that its authors marked, from .note.stapsdt. */
import { ByteCursor } from '../../base/bytes.ts';
import type { Elf } from './elf.ts';
import { parseNotes } from './notes.ts';
import { parseUsdtArguments, type UsdtArgument } from './usdt-arguments.ts';

const NT_STAPSDT = 3;

/** A site of which nothing but its place was read. */
export interface UsdtPlace {
  readonly provider: string;
  readonly probe: string;
  /** Address of the marked instruction, as linked. */
  readonly address: number;
  /** Where that instruction lies in the file: what a uprobe is attached to. */
  readonly fileOffset: number;
  /** The counter that tells the program that somebody listens; many probes have none. */
  readonly semaphore?: { readonly address: number; readonly fileOffset: number };
  /** As the assembler wrote them. */
  readonly text: string;
}

export interface UsdtSite extends UsdtPlace {
  readonly arguments: readonly UsdtArgument[];
}

/** These sites, or all in the order of the file; one probe may have several (it was inlined). */
export function usdtSites(elf: Elf, places: readonly UsdtPlace[] = usdtPlaces(elf)): UsdtSite[] {
  const arch = elf.header.machine === 'arm64' ? 'arm64' : 'x86_64';
  const symbolAddress = (symbol: string) => addressOfVariable(elf, symbol);
  return places.map((place) => {
    const context = { address: place.address, symbolAddress };
    return { ...place, arguments: parseUsdtArguments(place.text, arch, context) };
  });
}

/** The same without a look at their arguments, which may name variables of the program. */
export function usdtPlaces(elf: Elf): UsdtPlace[] {
  const section = elf.section('.note.stapsdt');
  if (section === undefined) return [];
  const base = elf.section('.stapsdt.base')?.address;
  const name = `${elf.name} .note.stapsdt`;
  return parseNotes(elf.read(section), section.alignment, name)
    .filter((note) => note.owner === 'stapsdt' && note.type === NT_STAPSDT)
    .map((note) => readPlace(elf, base, new ByteCursor(note.data, name)));
}

/** Location, base and semaphore addresses; then provider, name and arguments as text. */
function readPlace(elf: Elf, base: number | undefined, cursor: ByteCursor): UsdtPlace {
  const location = cursor.size64();
  const linkedBase = cursor.size64();
  const semaphoreAddress = cursor.size64();
  const provider = cursor.text();
  const probe = cursor.text();
  const text = cursor.text();
  // prelink may have moved the sections after the note was written; the base section tells by how much.
  const moved = base === undefined || linkedBase === 0 ? 0 : base - linkedBase;
  const address = location + moved;
  const fileOffset = elf.fileOffset(address) ?? elf.fail(`USDT ${provider}:${probe} lies at no place in the file`);
  const semaphore = semaphoreAddress === 0 ? undefined : readSemaphore(elf, semaphoreAddress + moved);
  return { provider, probe, address, fileOffset, text, ...(semaphore && { semaphore }) };
}

function readSemaphore(elf: Elf, address: number): UsdtSite['semaphore'] {
  const fileOffset =
    elf.fileOffset(address) ?? elf.fail(`a USDT semaphore at 0x${address.toString(16)} is not in the file`);
  return { address, fileOffset };
}

function addressOfVariable(elf: Elf, name: string): number | undefined {
  return elf
    .symbolTables()
    .map((table) => table.find(name)?.address)
    .find((address) => address !== undefined);
}
