/** Texts in records of the kernel, which end with a NUL. */
import { textAt } from '../../base/record.ts';

/** Of a field that is hashed, and so in words. */
export const wordsText = (words: readonly bigint[]): string =>
  asText(new Uint8Array(BigUint64Array.from(words).buffer));

/** The decoder gives bytes or text, as the script declared the field. */
export function asText(field: Uint8Array | string): string {
  if (typeof field === 'string') return field;
  return textAt(new DataView(field.buffer, field.byteOffset, field.length), 0, field.length);
}
