/** The HTTP server of the live pages: static files, one JSON document, one stream of events. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LiveFeed } from '../agent/index.ts';
import { PebbleError } from '../base/errors.ts';
import { Access } from './access.ts';
import { assetAt } from './assets.ts';

export interface ServerOptions {
  readonly feed: LiveFeed;
  readonly host?: string;
  /** 0: any free one. */
  readonly port?: number;
}

/** No script, style or request but our own, in no frame of others. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
} as const;

export class LiveServer {
  readonly #access = new Access();
  readonly #feed: LiveFeed;
  readonly #server: Server;

  static async listen({ feed, host = '127.0.0.1', port = 0 }: ServerOptions): Promise<LiveServer> {
    const live = new LiveServer(feed);
    await new Promise<void>((resolve, reject) => {
      live.#server.once('error', (cause) =>
        reject(
          new PebbleError('io', {
            doing: `listening on ${host}:${port}`,
            what: cause.message,
            hint: 'choose another address with --listen',
            cause,
          }),
        ),
      );
      live.#server.listen(port, host, resolve);
    });
    return live;
  }

  private constructor(feed: LiveFeed) {
    this.#feed = feed;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** With the token: whoever has this link may look. */
  get link(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/?token=${this.#access.token}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const url = new URL(request.url ?? '/', 'http://pebble');
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'only GET');
    if (!isOurName(request)) return end(response, 421, 'this server answers to its own address only');
    if (!this.#access.allows(request, url)) {
      return end(response, 401, 'open the link that pebble printed: it carries the token');
    }
    if (url.searchParams.has('token')) return redirect(response, url, this.#access.cookie);
    if (url.pathname === '/api/live') return json(response, this.#feed.snapshot());
    if (url.pathname === '/api/live/stream') return this.#stream(response);
    const asset = assetAt(url.pathname);
    if (!asset) return end(response, 404, 'no such page');
    response.setHeader('Content-Type', asset.type);
    response.end(asset.body);
  }

  /** Server-sent events, one a frame; a reader that is too slow misses frames, and never makes us keep them. */
  #stream(response: ServerResponse): void {
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
    response.flushHeaders();
    const unsubscribe = this.#feed.subscribe((frame) => {
      if (!response.writableNeedDrain) response.write(`data: ${JSON.stringify(frame)}\n\n`);
    });
    response.once('close', unsubscribe);
  }
}

/** Against pages elsewhere that resolve their own name to this address. */
function isOurName({ headers, socket }: IncomingMessage): boolean {
  const host = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === socket.localAddress || host === socket.localAddress?.replace('::ffff:', '');
}

function redirect(response: ServerResponse, url: URL, cookie: string): void {
  url.searchParams.delete('token');
  response.writeHead(303, { 'Set-Cookie': cookie, Location: `${url.pathname}${url.search}` }).end();
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(value));
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
