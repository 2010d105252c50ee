/** Reads integer and string literals from the text. */
import { type Cursor, isWordStart, matchEnd } from './cursor.ts';
import { type IntegerResult, parseUnsigned } from './integers.ts';

const SUFFIX = /(?:[num]s|[smhd]|[uU][lL]{0,2}|[lL]{1,2})/y;
const DECIMAL = /[0-9_]*/y;
const HEXADECIMAL = /[0-9a-fA-F_]*/y;

/** An integer literal and its text: reports what is wrong with its form, leaves its value to the caller to judge. */
export function readInteger(cursor: Cursor): { readonly text: string; readonly result: IntegerResult } {
  cursor.skipLayout();
  const start = cursor.pos;
  const hexadecimal = cursor.startsWith('0x') || cursor.startsWith('0X');
  if (hexadecimal) {
    cursor.pos += 2;
    readDigits(cursor, HEXADECIMAL);
  } else {
    readDecimal(cursor);
  }
  const text = cursor.text.slice(start, cursor.pos);
  if (!hexadecimal && isWordStart(cursor.peek())) reportSuffix(cursor);
  return { text, result: parseUnsigned(text) };
}

function readDecimal(cursor: Cursor): void {
  readDigits(cursor, DECIMAL);
  if (cursor.peek() === 'e' || cursor.peek() === 'E') {
    cursor.pos++;
    readDigits(cursor, DECIMAL);
  }
  cursor.pos = matchEnd(SUFFIX, cursor.text, cursor.pos);
}

function readDigits(cursor: Cursor, digits: RegExp): void {
  const start = cursor.pos;
  cursor.pos = matchEnd(digits, cursor.text, start);
  if (cursor.pos > start && cursor.peek(-1) === '_') {
    cursor.error('trailing underscore in integer literal', cursor.span(cursor.pos - 1));
  }
}

function reportSuffix(cursor: Cursor): void {
  const start = cursor.pos;
  cursor.pos = cursor.wordEnd(start);
  cursor.error(`invalid integer suffix '${cursor.text.slice(start, cursor.pos)}'`, cursor.span(start));
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };
const PLAIN = /[^"\\\n]+/y;
const OCTAL = /[0-7]{1,3}/y;
const HEX_BYTE = /[0-9a-fA-F]{1,2}/y;

/** A string literal's bytes, one character each, at the opening quote. */
export function readString(cursor: Cursor): string {
  const start = cursor.pos++;
  let bytes = '';
  while (!cursor.atEnd && cursor.peek() !== '"') {
    if (cursor.peek() === '\n') {
      cursor.error('unterminated string', cursor.span(start));
      return bytes;
    }
    bytes += cursor.peek() === '\\' ? readEscape(cursor) : readPlainText(cursor);
  }
  if (cursor.atEnd) cursor.error('unterminated string');
  else cursor.pos++;
  return bytes;
}

function readPlainText(cursor: Cursor): string {
  const start = cursor.pos;
  cursor.pos = matchEnd(PLAIN, cursor.text, start);
  const part = cursor.text.slice(start, cursor.pos);
  return isAscii(part) ? part : Buffer.from(part).toString('latin1');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function readEscape(cursor: Cursor): string {
  const start = cursor.pos++;
  if (cursor.atEnd) return '';
  const char = cursor.peek();
  if (char >= '0' && char <= '7') return readOctalEscape(cursor, start);
  if (char === 'x' || char === 'X') return readHexEscape(cursor);
  const simple = SIMPLE_ESCAPES[char];
  if (simple === undefined) cursor.error(`invalid escape character '\\${char}'`);
  cursor.pos++;
  return simple ?? '';
}

function readOctalEscape(cursor: Cursor, start: number): string {
  cursor.pos = matchEnd(OCTAL, cursor.text, cursor.pos);
  const digits = cursor.text.slice(start + 1, cursor.pos);
  const value = Number.parseInt(digits, 8);
  if (value > 0xff) cursor.error(`octal escape sequence out of range '\\${digits}'`, cursor.span(start));
  return String.fromCharCode(value & 0xff);
}

function readHexEscape(cursor: Cursor): string {
  const start = ++cursor.pos;
  cursor.pos = matchEnd(HEX_BYTE, cursor.text, start);
  if (cursor.pos > start) return String.fromCharCode(Number.parseInt(cursor.text.slice(start, cursor.pos), 16));
  cursor.error('invalid hex escape sequence');
  return '';
}
