/** Who may look, and who may do more: by the link that was printed, by password, or by a proxy that is trusted. */
import type { IncomingMessage } from 'node:http';
import { digestOf, matches, newSecret } from './secret.ts';
import { Sessions } from './sessions.ts';
import { type Role, type User, Users } from './users.ts';

export interface AccessOptions {
  /** Signing in with a password; without it the printed link is the only way in. */
  readonly users?: Users;
  /** A proxy at these addresses names the user in this header. */
  readonly proxy?: {
    readonly header: string;
    readonly addresses: readonly string[];
    readonly admins: readonly string[];
  };
  /** Told when a link was used: it works once. */
  readonly onLinkUsed?: () => void;
}

/** A wrong password makes everybody wait, so that guessing is slow from however many addresses. */
const MOST_GUESSES_AT_ONCE = 4;

export class Access {
  readonly #options: AccessOptions;
  readonly #sessions = new Sessions();
  #token: string = newSecret();
  #guesses = 0;

  constructor(options: AccessOptions = {}) {
    this.#options = options;
  }

  /** For the link that is printed; another one as soon as it was used. */
  get token(): string {
    return this.#token;
  }

  get hasPasswords(): boolean {
    return this.#options.users !== undefined;
  }

  userOf(request: IncomingMessage): User | undefined {
    return this.#proxied(request) ?? this.#sessions.find(cookieOf(request));
  }

  /** The cookie of a new session, where the token is that of the link. */
  redeem(token: string): string | undefined {
    if (!matches(token, digestOf(this.#token))) return undefined;
    this.#token = newSecret();
    this.#options.onLinkUsed?.();
    return this.#sessions.open({ name: 'link', role: 'admin' });
  }

  /** The cookie of a new session, where name and password are right; `busy` when too many try. */
  async signIn(name: string, password: string): Promise<string | 'busy' | undefined> {
    if (this.#guesses >= MOST_GUESSES_AT_ONCE) return 'busy';
    this.#guesses++;
    try {
      const user = await this.#options.users?.verify(name, password);
      return user && this.#sessions.open(user);
    } finally {
      this.#guesses--;
    }
  }

  signOut(request: IncomingMessage): void {
    this.#sessions.close(cookieOf(request));
  }

  /** `Secure` where the connection is: browsers then never send it in clear. */
  static cookie(request: IncomingMessage, secret: string, isSecure: boolean): string {
    return `${cookieName(request)}=${secret}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  }

  #proxied({ headers, socket }: IncomingMessage): User | undefined {
    const { proxy } = this.#options;
    if (!proxy?.addresses.includes(socket.remoteAddress?.replace('::ffff:', '') ?? '')) return undefined;
    const name = headers[proxy.header.toLowerCase()];
    if (typeof name !== 'string' || name === '') return undefined;
    return { name, role: proxy.admins.includes(name) ? 'admin' : 'viewer' };
  }
}

/** A browser has the same cookies for every port of a host, and several Pebbles may serve there. */
const cookieName = ({ socket }: IncomingMessage): string => `pebble-${socket.localPort}`;

function cookieOf(request: IncomingMessage): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(/;\s*/);
  const begin = `${cookieName(request)}=`;
  return pairs.find((pair) => pair.startsWith(begin))?.slice(begin.length);
}

export { hashPassword } from './secret.ts';
export { type Role, type User, Users };
