/** The HTTP server: the dashboard's files, the API, a stream of events, and who may have them. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PebbleError } from '../base/errors.ts';
import { Access, type AccessOptions, type User } from './access/index.ts';
import { assetAt } from './assets.ts';
import { formOf, jsonOf } from './body.ts';
import { CHANGES, type ChangeOptions } from './changes.ts';
import { OPENAPI } from './openapi.ts';
import { end, HEADERS, json, redirect } from './reply.ts';
import { Router, type RouterOptions } from './router.ts';
import { StatusStream } from './stream.ts';

export interface ServerOptions extends RouterOptions, ChangeOptions {
  readonly host?: string;
  /** 0: any free one. */
  readonly port?: number;
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer };
  readonly access?: AccessOptions;
  /** Other names that browsers reach it by. */
  readonly names?: readonly string[];
}

/** Strangers can connect: each connection is a descriptor, which the agent needs for its own work. */
const MOST_CONNECTIONS = 300;
/** Pages ask every ten seconds at least, each time on the connections that they have. */
const IDLE_CONNECTION_MS = 30_000;
/** What may be had without signing in. */
const OPEN_PATHS = new Set(['/sign-in', '/style.css', '/icon.svg']);

export class LiveServer {
  readonly #options: ServerOptions;
  readonly #access: Access;
  readonly #stream: StatusStream;
  readonly #router: Router;
  readonly #server: Server;

  static async listen(options: ServerOptions): Promise<LiveServer> {
    const { host = '127.0.0.1', port = 0 } = options;
    const doing = `listening on ${host}:${port}`;
    refuseOpenDoors(options, host, doing);
    const live = new LiveServer(options);
    await new Promise<void>((resolve, reject) => {
      const fail = (cause: Error): void =>
        reject(
          new PebbleError('io', { doing, what: cause.message, hint: 'choose another address with --listen', cause }),
        );
      live.#server.once('error', fail);
      live.#server.listen(port, host, resolve);
    });
    return live;
  }

  private constructor(options: ServerOptions) {
    this.#options = options;
    this.#access = new Access(options.access);
    this.#stream = new StatusStream(options.feed);
    this.#router = new Router(options);
    const listener: RequestListener = (request, response) => void this.#answer(request, response);
    this.#server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.keepAliveTimeout = IDLE_CONNECTION_MS;
  }

  /** Whoever opens it may look and do everything: it works once, and then there is another one. */
  get link(): string {
    return `${this.#origin}/?token=${this.#access.token}`;
  }

  close(): void {
    this.#options.console?.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  get #origin(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    const scheme = this.#options.tls ? 'https' : 'http';
    return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    try {
      const url = new URL(request.url ?? '/', 'http://pebble');
      if (!this.#isOurName(request)) return end(response, 421, 'this server answers to its own address only');
      if (request.method === 'POST') return await this.#change(request, response, url);
      if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'only GET and POST');
      await this.#show(request, response, url);
    } catch (error) {
      if (!response.headersSent) end(response, statusOf(error), textOf(error));
      else response.destroy();
    }
  }

  async #show(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const token = url.searchParams.get('token');
    if (token !== null) return this.#redeem(response, url, token, this.#access.userOf(request));
    const user = this.#access.userOf(request);
    if (!user && !OPEN_PATHS.has(url.pathname)) return this.#askToSignIn(response, url);
    if (url.pathname === '/sign-in' && !this.#access.hasPasswords) return redirect(response, '/');
    if (user && url.pathname === '/api/stream') return this.#stream.add(response);
    if (user && url.pathname === '/api/openapi.json') return json(response, JSON.stringify(OPENAPI));
    const answer = user && this.#router.answer(url, user);
    if (answer) return json(response, await answer);
    const asset = assetAt(url.pathname);
    if (!asset) return end(response, 404, 'no such page');
    response.setHeader('Content-Type', asset.type);
    const body = url.pathname === '/sign-in' ? signInPage(String(asset.body), url) : asset.body;
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  #redeem(response: ServerResponse, url: URL, token: string, user: User | undefined): void {
    const secret = user ? undefined : this.#access.redeem(token);
    if (!user && !secret)
      return end(response, 401, 'this link was used before or is wrong: pebble has printed a new one');
    url.searchParams.delete('token');
    redirect(
      response,
      `${url.pathname}${url.search}`,
      secret && Access.cookie(response.req, secret, this.#options.tls !== undefined),
    );
  }

  #askToSignIn(response: ServerResponse, url: URL): void {
    if (!this.#access.hasPasswords) return end(response, 401, 'open the link that pebble printed: it lets you in');
    if (url.pathname.startsWith('/api/')) return end(response, 401, 'sign in first');
    redirect(response, signInAt(url.search));
  }

  /** Changes come from our own pages only, whatever cookies a browser sends along. */
  async #change(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (!this.#isFromUs(request)) return end(response, 403, 'only pages of this server may change something');
    if (url.pathname === '/sign-in') return this.#signIn(request, response);
    const user = this.#access.userOf(request);
    if (!user) return end(response, 401, 'sign in first');
    if (url.pathname === '/sign-out') {
      this.#access.signOut(request);
      return redirect(response, '/', Access.cookie(request, '', false));
    }
    const change = Object.hasOwn(CHANGES, url.pathname) ? CHANGES[url.pathname] : undefined;
    if (!change) return end(response, 405, 'nothing to change there');
    json(response, JSON.stringify(await change(await jsonOf(request), user, this.#options)));
  }

  async #signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await formOf(request);
    const secret = await this.#access.signIn(form.get('name') ?? '', form.get('password') ?? '');
    if (secret === 'busy') return end(response, 429, 'too many people sign in: try again in a second');
    const to = form.get('to') ?? '';
    if (secret === undefined) return redirect(response, signInAt(to, { wrong: '1' }));
    redirect(response, `/${searchOf(to)}`, Access.cookie(response.req, secret, this.#options.tls !== undefined));
  }

  /** Against pages elsewhere that resolve their own name to this address. */
  #isOurName({ headers, socket }: IncomingMessage): boolean {
    const host = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    const own = [socket.localAddress, socket.localAddress?.replace('::ffff:', ''), 'localhost'];
    return own.includes(host) || (this.#options.names ?? []).includes(host);
  }

  /** Browsers name the page that a request comes from; where they do not, it is none of theirs. */
  #isFromUs({ headers }: IncomingMessage): boolean {
    const { origin } = headers;
    return origin !== undefined && URL.canParse(origin) && new URL(origin).host === headers.host;
  }
}

/** Where the reader wanted to go: of our own page only what is behind its address. */
const searchOf = (to: string): string => (to.startsWith('?') ? `?${new URLSearchParams(to)}` : '');

function signInAt(to: string, said: Readonly<Record<string, string>> = {}): string {
  const params = new URLSearchParams({ ...said, ...(searchOf(to) !== '' && { to: searchOf(to) }) }).toString();
  return params === '' ? '/sign-in' : `/sign-in?${params}`;
}

const WRONG = '<p class="alarm" role="alert">The name or the password is wrong.</p>';

/** A search as we write it has no character that means something to HTML but `&`. */
function signInPage(page: string, { searchParams }: URL): string {
  const to = searchOf(searchParams.get('to') ?? '').replaceAll('&', '&amp;');
  return page
    .replace('<!-- wrong -->', searchParams.has('wrong') ? WRONG : '')
    .replace('<!-- to -->', `<input type="hidden" name="to" value="${to}">`);
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** On other addresses passwords and cookies would pass in clear. */
function refuseOpenDoors({ tls, access }: ServerOptions, host: string, doing: string): void {
  if (LOOPBACK.test(host) || access?.proxy || (tls && access?.users)) return;
  throw new PebbleError('usage', {
    doing,
    what: 'other hosts could reach this address without encryption or password',
    hint: 'set users, tls_cert and tls_key, or proxy_header; or listen on 127.0.0.1 and forward the port with ssh -L',
  });
}

const STATUS: Readonly<Partial<Record<string, number>>> = { usage: 400, syntax: 400, privilege: 403, 'no-target': 404 };

const statusOf = (error: unknown): number => (error instanceof PebbleError ? (STATUS[error.code] ?? 500) : 500);

function textOf(error: unknown): string {
  if (!(error instanceof PebbleError)) return `internal: ${(error as Error).message}`;
  return error.hint ? `${error.message}; ${error.hint}` : error.message;
}
