/** One request to a receiver of OTLP, and what its answer means. */
import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Rejection, rejectionOf } from '../../export/index.ts';
import type { OtlpTarget } from './target.ts';

const TIMEOUT_MS = 10_000;
/** An answer is some words; a longer one is not read. */
const MOST_ANSWER = 64 * 1024;
/** Those of the specification after which the same request may be sent again. */
const AGAIN: readonly number[] = [429, 502, 503, 504];

export type Outcome =
  | { readonly kind: 'taken'; readonly rejection: Rejection | undefined }
  /** It will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The same request may be taken later. */
export class NotNow extends Error {
  /** How long the receiver wants to be left alone, where it says so. */
  readonly afterMs: number | undefined;

  constructor(reason: string, afterMs?: number) {
    super(reason);
    this.afterMs = afterMs;
  }
}

export async function post(target: OtlpTarget, path: string, body: Uint8Array): Promise<Outcome> {
  const response = await send(target, `${target.endpoint}${path}`, gzipSync(body));
  const answer = await bodyOf(response);
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { kind: 'taken', rejection: rejectionOf(answer, target.isJson) };
  const reason = `${target.endpoint}${path} answered ${status}${wordsOf(answer)}`;
  if (AGAIN.includes(status)) throw new NotNow(reason, retryAfterMs(response));
  return { kind: 'refused', reason };
}

async function send({ isJson, headers }: OtlpTarget, url: string, body: Buffer): Promise<IncomingMessage> {
  const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...headers,
        'content-type': isJson ? 'application/json' : 'application/x-protobuf',
        'content-encoding': 'gzip',
        'content-length': body.length,
      },
    });
    sent.once('response', resolve);
    sent.once('error', (cause) => reject(new NotNow(`${url} cannot be reached: ${cause.message}`)));
    sent.end(body);
  });
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      size += (chunk as Buffer).length;
      if (size <= MOST_ANSWER) chunks.push(chunk as Buffer);
    }
  } catch (cause) {
    throw new NotNow(`the answer broke off: ${(cause as Error).message}`);
  }
  return Buffer.concat(chunks);
}

/** Where the answer is text for people. */
function wordsOf(answer: Buffer): string {
  const text = answer.toString().trim();
  return /^[\x20-\x7e\s]+$/.test(text) ? `: ${text.slice(0, 200)}` : '';
}

function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const text = headers['retry-after'] ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
