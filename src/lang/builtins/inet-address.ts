/** Reads IPv4 and IPv6 addresses as people write them. */

/** The bytes in network order; undefined for what is no address. */
export function parseAddress(text: string): number[] | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): number[] | undefined {
  const parts = text.split('.');
  const bytes = parts.map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : -1));
  return parts.length === 4 && bytes.every((byte) => byte >= 0 && byte < 256) ? bytes : undefined;
}

/** Groups of 16 bits; `::` stands once for as many zeros as are missing; the end may be written as IPv4. */
function parseV6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => groups(half));
  if (!head || (halves.length === 2 && !tail)) return undefined;
  if (halves.length === 1) return head.length === 16 ? head : undefined;
  const missing = 16 - head.length - tail!.length;
  return missing < 2 ? undefined : [...head, ...Array<number>(missing).fill(0), ...tail!];
}

function groups(text: string): number[] | undefined {
  const bytes: number[] = [];
  for (const part of text === '' ? [] : text.split(':')) {
    const v4 = part.includes('.') ? parseV4(part) : undefined;
    if (v4) bytes.push(...v4);
    else if (/^[\da-f]{1,4}$/i.test(part)) bytes.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}
