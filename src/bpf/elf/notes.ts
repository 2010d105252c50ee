/** ELF notes: small records that name a build, a probe, an ABI. */
import { ByteCursor } from '../../base/bytes.ts';
import type { Elf } from './elf.ts';
import { SECTION_TYPE, SEGMENT_TYPE } from './header.ts';

const NT_GNU_BUILD_ID = 3;

export interface Note {
  readonly owner: string;
  readonly type: number;
  readonly data: Buffer;
}

/** Elf64_Nhdr: namesz, descsz, type; then both, padded to 4 bytes (8 in an area aligned so). */
export function parseNotes(bytes: Buffer, alignment: number, name: string): Note[] {
  const cursor = new ByteCursor(bytes, name);
  const padding = alignment === 8 ? 8 : 4;
  const notes: Note[] = [];
  while (cursor.remaining >= 12) {
    const nameSize = cursor.u32();
    const dataSize = cursor.u32();
    const type = cursor.u32();
    const owner = cursor.take(nameSize).toString('latin1').replace(/\0.*$/s, '');
    cursor.align(padding);
    const data = cursor.take(dataSize);
    cursor.align(padding);
    notes.push({ owner, type, data });
  }
  return notes;
}

/** The notes of every note section; of the note segments in a file without sections. */
export function* notesOf(elf: Elf): Generator<Note> {
  const sections = elf.sections.filter((section) => section.type === SECTION_TYPE.note);
  for (const section of sections)
    yield* parseNotes(elf.read(section), section.alignment, `${elf.name} ${section.name}`);
  if (sections.length > 0) return;
  for (const segment of elf.segments.filter((candidate) => candidate.type === SEGMENT_TYPE.note)) {
    const bytes = elf.source.read(segment.offset, segment.fileSize);
    yield* parseNotes(bytes, segment.alignment, `notes of ${elf.name}`);
  }
}

/** The linker's hash of the file in hexadecimal: the same in the stripped file and in its debug file. */
export function buildId(elf: Elf): string | undefined {
  for (const note of notesOf(elf)) {
    if (note.owner === 'GNU' && note.type === NT_GNU_BUILD_ID) return note.data.toString('hex');
  }
  return undefined;
}
