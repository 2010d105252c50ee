/** ELF files: sections, symbols, build ids, USDT probes; only what is asked for is read. */
export { AddressIndex, type Located } from './addresses.ts';
export { type CodePlace, CodeSymbols } from './code.ts';
export { type DebugLink, debugFileCandidates, debugLink, openDebugFile } from './debuglink.ts';
export { Elf } from './elf.ts';
export {
  FILE_TYPE,
  type Header,
  type Machine,
  SECTION_FLAG,
  SECTION_TYPE,
  SEGMENT_FLAG,
  SEGMENT_TYPE,
  type Section,
  type Segment,
} from './header.ts';
export { functionsMentioning } from './mentions.ts';
export { buildId, type Note, notesOf } from './notes.ts';
export {
  ARGUMENT_REGISTERS,
  type Arch,
  PROGRAM_COUNTER,
  RETURN_REGISTER,
  type RegisterPlace,
  registerPlace,
  STACK_REGISTER,
} from './registers.ts';
export { type Relocation, type RelocationSection, readRelocations } from './relocations.ts';
export { type ElfSymbol, SymbolTable } from './symbols.ts';
export { type UsdtPlace, type UsdtSite, usdtPlaces, usdtSites } from './usdt.ts';
export { parseUsdtArguments, type UsdtArgument } from './usdt-arguments.ts';
