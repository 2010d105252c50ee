/** Who may read: whoever has the token that was printed at the start, from a page of this host. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const COOKIE = 'pebble';

export class Access {
  readonly token: string = randomBytes(24).toString('base64url');

  /** The request carries the token, in its cookie or in the link that was printed. */
  allows(request: IncomingMessage, url: URL): boolean {
    return this.#matches(cookieOf(request)) || this.#matches(url.searchParams.get('token') ?? undefined);
  }

  /** Sent with the first page: the token then leaves the address bar. */
  get cookie(): string {
    return `${COOKIE}=${this.token}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** In constant time, whatever the lengths. */
  #matches(candidate: string | undefined): boolean {
    if (candidate === undefined) return false;
    const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
    return timingSafeEqual(digest(candidate), digest(this.token));
  }
}

function cookieOf(request: IncomingMessage): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}
