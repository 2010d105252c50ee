/** The header of a line program (.debug_line, versions 2 to 5): its parameters and the files that it names. */
import { posix } from 'node:path';
import { textAt } from '../../../base/bytes.ts';
import { FORM } from '../constants.ts';
import { DwarfCursor } from '../cursor.ts';
import { type Format, skipForm } from '../form.ts';
import type { DebugSections } from '../sections.ts';

export interface LineHeader {
  readonly version: number;
  /** Full paths by the numbers that rows and entries use. */
  readonly files: readonly string[];
  readonly parameters: LineParameters;
  /** The instructions. */
  readonly program: DwarfCursor;
}

export interface LineParameters {
  readonly minimumLength: number;
  readonly isStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Operands of the standard opcodes, from opcode 1. */
  readonly operands: readonly number[];
}

/** What a line program needs of its unit. */
export interface LineUnit {
  readonly offset: number;
  /** Where the compiler ran: relative paths start there. */
  readonly directory: string;
  /** Of the source file, for versions before 5. */
  readonly addressSize: number;
}

export function readLineHeader(sections: DebugSections, unit: LineUnit): LineHeader {
  const name = `.debug_line at ${unit.offset} of ${sections.name}`;
  const size = sections.size('line');
  const start = new DwarfCursor(sections.part('line', unit.offset, Math.min(12, size - unit.offset)), name);
  const { length, offsetSize } = start.unitLength();
  const cursor = new DwarfCursor(sections.part('line', unit.offset + start.offset, length), name);
  const version = cursor.u16();
  if (version < 2 || version > 5) cursor.fail(`line programs of version ${version} are not supported (2 to 5 are)`);
  const addressSize = version < 5 ? unit.addressSize : cursor.u8();
  if (version >= 5) cursor.u8();
  const headerLength = cursor.position(offsetSize);
  const program = cursor.offset + headerLength;
  const parameters = readParameters(cursor, version);
  const format: Format = { version, addressSize, offsetSize };
  const files =
    version < 5 ? readOldFiles(cursor, unit.directory) : readFiles(cursor, format, sections, unit.directory);
  return { version, files, parameters, program: new DwarfCursor(cursor.bytes, name, program) };
}

function readParameters(cursor: DwarfCursor, version: number): LineParameters {
  const minimumLength = cursor.u8();
  // Operations of one instruction: only VLIW processors have more than one.
  if (version >= 4) cursor.u8();
  const isStatement = cursor.u8() !== 0;
  const lineBase = (cursor.u8() << 24) >> 24;
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  if (lineRange === 0 || opcodeBase === 0) cursor.fail('the line program has impossible parameters');
  const operands = Array.from({ length: opcodeBase - 1 }, () => cursor.u8());
  return { minimumLength, isStatement, lineBase, lineRange, opcodeBase, operands };
}

/** Directories, then files with the number of their directory; both end with an empty name and count from 1. */
function readOldFiles(cursor: DwarfCursor, base: string): string[] {
  const directories = [base];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) directories.push(posix.resolve('/', base, name));
  const files = [''];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) {
    const directory = directories[cursor.uleb()] ?? base;
    cursor.skipLeb();
    cursor.skipLeb();
    files.push(join(directory, name));
  }
  return files;
}

/** Version 5: both lists say themselves in which forms they are, and count from 0. */
function readFiles(cursor: DwarfCursor, format: Format, sections: DebugSections, base: string): string[] {
  const [own = base, ...others] = readNames(cursor, format, sections).map(({ path }) => path);
  const directories = [own, ...others.map((path) => join(own, path))];
  return readNames(cursor, format, sections).map(({ path, directory }) => join(directories[directory] ?? own, path));
}

/** DW_LNCT_* */
const CONTENT = { path: 1, directory: 2 } as const;

interface Named {
  readonly path: string;
  readonly directory: number;
}

function readNames(cursor: DwarfCursor, format: Format, sections: DebugSections): Named[] {
  const formats = Array.from({ length: cursor.u8() }, () => ({ content: cursor.uleb(), form: cursor.uleb() }));
  const count = cursor.uleb();
  if (formats.length === 0) return [];
  if (count > cursor.remaining) cursor.fail(`${count} file names do not fit`);
  return Array.from({ length: count }, () => {
    let path = '';
    let directory = 0;
    for (const { content, form } of formats) {
      if (content === CONTENT.path) path = readText(cursor, form, format, sections);
      else if (content === CONTENT.directory) directory = readIndex(cursor, form);
      else skipForm(cursor, form, format);
    }
    return { path, directory };
  });
}

function readText(cursor: DwarfCursor, form: number, format: Format, sections: DebugSections): string {
  switch (form) {
    case FORM.string:
      return cursor.text();
    case FORM.lineStrp:
      return textAt(sections.whole('line_str'), cursor.position(format.offsetSize));
    case FORM.strp:
      return textAt(sections.whole('str'), cursor.position(format.offsetSize));
    default:
      skipForm(cursor, form, format);
      return '';
  }
}

function readIndex(cursor: DwarfCursor, form: number): number {
  if (form === FORM.udata) return cursor.uleb();
  return form === FORM.data1 ? cursor.u8() : cursor.u16();
}

const join = (directory: string, name: string): string =>
  name.startsWith('/') ? posix.normalize(name) : posix.join(directory, name);
