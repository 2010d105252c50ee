/** The unwind table of one file: rows by address, found once and then remembered. */
import { buildId, type Elf } from '../../elf/index.ts';
import { type CfiCursor, unlessBroken } from './cursor.ts';
import { Rows } from './rows.ts';
import { COLUMNS, type Rules, RulesReader } from './rules.ts';
import { type EntrySearch, headerSearch, indexSearch } from './search.ts';
import { CfiSection } from './section.ts';

/** Addresses remembered; samples of a busy server share some thousand return addresses. */
const CACHE_BITS = 12;
const CACHE_SIZE = 1 << CACHE_BITS;
/** 2^32 / golden ratio: neighbours do not share a slot. */
const SPREAD = 0x9e3779b1 | 0;
/** What holds for the code from the ELF entry point on, which is the first frame of a program: hand-written, short. */
const ENTRY_BYTES = 64;

interface Source {
  readonly section: CfiSection;
  readonly search: EntrySearch;
  readonly cursor: CfiCursor;
}

export class UnwindTable {
  readonly buildId: string | undefined;
  readonly rows = new Rows();
  /** Of the last address that was found. */
  start = 0;
  /** Closed: its segments are what is left of it. */
  readonly #elf: Elf;
  readonly #sources: readonly Source[];
  readonly #reader = new RulesReader((expression) => this.rows.keepExpression(expression));
  readonly #addresses = new Float64Array(CACHE_SIZE).fill(-1);
  readonly #found = new Int32Array(CACHE_SIZE);
  readonly #starts = new Float64Array(CACHE_SIZE);

  /** The file is not needed any more once this is made. */
  constructor(elf: Elf) {
    this.buildId = buildId(elf);
    this.#elf = elf;
    this.#sources = [ehFrame(elf), debugFrame(elf)].filter((source) => source !== undefined);
  }

  /** The row for this address, as linked, by its first word in `rows`; 0 when the file says nothing about it. */
  find(address: number): number {
    const slot = Math.imul(address | 0, SPREAD) >>> (32 - CACHE_BITS);
    if (this.#addresses[slot] !== address) {
      this.#found[slot] = this.#search(address);
      this.#starts[slot] = this.start;
      this.#addresses[slot] = address;
    }
    this.start = this.#starts[slot]!;
    return this.#found[slot]!;
  }

  /** Calls for all rows by their address, and where code ends that they are of, for which there are no rules. */
  forEachRow(found: (address: number, rules: Rules | undefined, returnColumn: number) => void): void {
    const [source] = this.#sources;
    if (!source) return;
    const entries: { readonly offset: number; readonly start: number; readonly end: number }[] = [];
    source.section.forEach((offset, start, end) => {
      if (start !== 0) entries.push({ offset, start, end });
    });
    entries.sort((a, b) => a.start - b.start);
    for (const { offset, end } of entries) {
      unlessBroken(() => {
        const entry = source.section.entry(offset);
        const { returnColumn } = entry.common;
        this.#reader.readAll(entry, source.cursor, (address) => found(address, this.#reader.rules, returnColumn));
      });
      found(end, undefined, 0);
    }
  }

  /** What a rule's expression is. */
  expression(number: number): Uint8Array | undefined {
    return this.rows.expressions[number];
  }

  /** The address as linked of a byte of the file. */
  addressOf(fileOffset: number): number | undefined {
    return this.#elf.address(fileOffset);
  }

  isEntryPoint(address: number): boolean {
    const { entry } = this.#elf.header;
    return entry !== 0 && address >= entry && address < entry + ENTRY_BYTES;
  }

  /** About as much memory as it takes. */
  get bytes(): number {
    const kept = this.#sources.reduce((sum, { section, search }) => sum + section.bytes.length + search.bytes, 0);
    return kept + CACHE_SIZE * 20 + this.rows.bytes;
  }

  #search(address: number): number {
    this.start = 0;
    for (const source of this.#sources) {
      const row = unlessBroken(() => this.#searchIn(source, address)) ?? 0;
      if (row !== 0) return row;
    }
    return 0;
  }

  #searchIn({ section, search, cursor }: Source, address: number): number {
    const offset = search.find(address);
    if (offset === undefined) return 0;
    const entry = section.entry(offset);
    if (address < entry.start || address >= entry.end || entry.common.returnColumn >= COLUMNS) return 0;
    this.#reader.read(entry, address, cursor);
    const row = this.rows.intern(this.#reader.rules, entry.common.returnColumn, entry.common.signal);
    if (row !== 0) this.start = entry.start;
    return row;
  }
}

function ehFrame(elf: Elf): Source | undefined {
  const [frames, header] = [elf.section('.eh_frame'), elf.section('.eh_frame_hdr')];
  if (frames === undefined || frames.size === 0) return undefined;
  const section = new CfiSection(elf.read(frames), `${elf.name} .eh_frame`, frames.address, false);
  const sorted = header && unlessBroken(() => headerSearch(elf.read(header), header.address, section));
  return { section, search: sorted ?? indexSearch(section), cursor: section.cursor(0) };
}

function debugFrame(elf: Elf): Source | undefined {
  const frames = elf.section('.debug_frame');
  if (frames === undefined) return undefined;
  const section = new CfiSection(elf.read(frames), `${elf.name} .debug_frame`, 0, true);
  return { section, search: indexSearch(section), cursor: section.cursor(0) };
}
