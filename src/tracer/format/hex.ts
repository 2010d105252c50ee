/** Bytes as readable text: what buf() prints, and what %rx and %rh make of it. */
import type { ByteText } from './printable.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Printable ASCII as it is, everything else as \xNN. */
export function escaped(bytes: Uint8Array): ByteText {
  let text = '';
  for (const byte of bytes) text += byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : `\\x${HEX[byte]}`;
  return text;
}

/** Every byte as \xNN. */
export function escapedHex(bytes: Uint8Array): ByteText {
  let text = '';
  for (const byte of bytes) text += `\\x${HEX[byte]}`;
  return text;
}

/** Two digits a byte, spaces between. */
export function spacedHex(bytes: Uint8Array): ByteText {
  return Array.from(bytes, (byte) => HEX[byte]).join(' ');
}

/** Two digits a byte, nothing between. */
export function plainHex(bytes: Uint8Array): ByteText {
  return Array.from(bytes, (byte) => HEX[byte]).join('');
}
