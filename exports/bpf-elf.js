/** The entry of src/bpf/elf/index.ts; written by scripts/generate/exports.ts. */
import { load as $load } from './load.js';

const $source = $load('bpf/elf/index.ts');
export const ARGUMENT_REGISTERS = $source.ARGUMENT_REGISTERS;
export const AddressIndex = $source.AddressIndex;
export const CodeSymbols = $source.CodeSymbols;
export const Elf = $source.Elf;
export const FILE_TYPE = $source.FILE_TYPE;
export const PROGRAM_COUNTER = $source.PROGRAM_COUNTER;
export const RETURN_REGISTER = $source.RETURN_REGISTER;
export const SECTION_FLAG = $source.SECTION_FLAG;
export const SECTION_TYPE = $source.SECTION_TYPE;
export const SEGMENT_FLAG = $source.SEGMENT_FLAG;
export const SEGMENT_TYPE = $source.SEGMENT_TYPE;
export const STACK_REGISTER = $source.STACK_REGISTER;
export const SymbolTable = $source.SymbolTable;
export const buildId = $source.buildId;
export const debugFileCandidates = $source.debugFileCandidates;
export const debugLink = $source.debugLink;
export const functionsMentioning = $source.functionsMentioning;
export const notesOf = $source.notesOf;
export const openDebugFile = $source.openDebugFile;
export const parseUsdtArguments = $source.parseUsdtArguments;
export const readRelocations = $source.readRelocations;
export const registerPlace = $source.registerPlace;
export const usdtPlaces = $source.usdtPlaces;
export const usdtSites = $source.usdtSites;
