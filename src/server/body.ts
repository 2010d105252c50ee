/** Bodies of requests, within bounds. */
import type { IncomingMessage } from 'node:http';
import { PebbleError } from '../base/errors.ts';

const MOST_BYTES = 1 << 20;

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw bad(`the body is longer than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

export const formOf = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams(await bodyOf(request));

/** An object whose values are known to be of no type yet. */
export async function jsonOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(await bodyOf(request));
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (error instanceof PebbleError) throw error;
  }
  throw bad('the body is no JSON object');
}

const bad = (what: string): PebbleError => new PebbleError('usage', { doing: 'reading a request', what });
