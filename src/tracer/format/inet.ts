/** Internet addresses as text, in the form of inet_ntop(3). */
import type { ByteText } from './printable.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;

/** Empty for families that are neither. */
export function inetText(family: number, address: Uint8Array): ByteText {
  if (family === AF_INET) return address.subarray(0, 4).join('.');
  return family === AF_INET6 ? inet6Text(address) : '';
}

function inet6Text(address: Uint8Array): ByteText {
  const words = Array.from({ length: 8 }, (_, i) => (address[2 * i]! << 8) | address[2 * i + 1]!);
  const [start, length] = longestZeros(words);
  const embedded = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const tail = embedded ? [address.subarray(12, 16).join('.')] : [];
  const hex = (from: number, to: number): string[] => words.slice(from, to).map((word) => word.toString(16));
  const end = embedded ? 6 : 8;
  if (length < 2) return [...hex(0, end), ...tail].join(':');
  return `${hex(0, start).join(':')}::${[...hex(start + length, end), ...tail].join(':')}`;
}

/** The first of the longest runs of zero words. */
function longestZeros(words: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [-1, 0];
  for (let start = 0; start < words.length; start++) {
    let length = 0;
    while (words[start + length] === 0) length++;
    if (length > best[1]) best = [start, length];
    start += length;
  }
  return best;
}
