/** Listens for PostgreSQL clients: on a Unix socket for whom its permissions let in, and on TCP for who knows the password. */
import { randomInt } from 'node:crypto';
import { lchownSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { PebbleError } from '../base/errors.ts';
import { Engine, type Source } from './engine.ts';
import { SqlFailure } from './messages.ts';
import { ScramSecret } from './scram.ts';
import { Session } from './session.ts';

export type Address =
  | {
      /** Of the socket, named as PostgreSQL names them: `.s.PGSQL.PORT`. */
      readonly directory: string;
      readonly port: number;
      /** Who may connect, besides root. */
      readonly owner?: { readonly uid: number; readonly gid: number };
    }
  | { readonly host: string; readonly port: number; readonly password: string };

const MOST_SESSIONS = 300;
/** For startup and password; PostgreSQL's authentication_timeout is a minute. */
const LOGIN_MS = 30_000;

interface Open {
  readonly session: Session;
  readonly key: number;
  readonly socket: Socket;
}

export class WireServer {
  readonly #server: Server;
  readonly #engine: Engine;
  readonly #secret: ScramSecret | undefined;
  readonly #sessions = new Map<number, Open>();
  #nextId = 1;

  static async listen(address: Address, source: Source): Promise<WireServer> {
    const wire = new WireServer(new Engine(source), 'password' in address ? address.password : undefined);
    await open(wire.#server, address);
    return wire;
  }

  private constructor(engine: Engine, password: string | undefined) {
    this.#engine = engine;
    this.#secret = password === undefined ? undefined : new ScramSecret(password);
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** Of TCP: the one that was free, where 0 was asked for. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  close(): void {
    this.#server.close();
    for (const { socket } of this.#sessions.values()) socket.destroy();
    this.#engine.close();
  }

  #accept(socket: Socket): void {
    const [id, key] = [this.#nextId++, randomInt(2 ** 31)];
    const cancel = (other: number, given: number): void => {
      const found = this.#sessions.get(other);
      if (found?.key === given) found.session.cancel();
    };
    const session = new Session({ socket, engine: this.#engine, id, key, secret: this.#secret, cancel });
    socket.on('error', () => socket.destroy());
    if (this.#sessions.size >= MOST_SESSIONS)
      return session.refuse(new SqlFailure('53300', 'sorry, too many clients already'));
    this.#sessions.set(id, { session, key, socket });
    const login = setTimeout(() => session.isReady || socket.destroy(), LOGIN_MS);
    socket.on('data', (chunk: Buffer) => session.receive(chunk));
    socket.on('close', () => {
      clearTimeout(login);
      session.cancel();
      this.#sessions.delete(id);
    });
  }
}

async function open(server: Server, address: Address): Promise<void> {
  const at = 'directory' in address ? `${address.directory}/.s.PGSQL.${address.port}` : address;
  try {
    if (typeof at === 'string') await makeRoom((address as { directory: string }).directory, at);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (typeof at === 'string') bindPrivately(server, at, resolve);
      else server.listen({ host: at.host, port: at.port }, resolve);
    });
    // Of the name itself: whoever may write the directory could have put a link to another file there meanwhile.
    if (typeof at === 'string' && 'owner' in address && address.owner)
      lchownSync(at, address.owner.uid, address.owner.gid);
  } catch (cause) {
    throw new PebbleError('io', {
      doing: `listening for SQL on ${typeof at === 'string' ? at : `${at.host}:${at.port}`}`,
      what: cause instanceof Error ? cause.message : String(cause),
      hint: 'choose another address with --sql-listen',
      cause,
    });
  }
}

/** sun_path of struct sockaddr_un (unix(7)), less its NUL. */
const LONGEST_PATH = 107;

/** A socket that a killed agent left would be in the way; one that answers is another server's, and so is any other file. */
async function makeRoom(directory: string, path: string): Promise<void> {
  if (Buffer.byteLength(path) > LONGEST_PATH) throw new Error(`names of sockets have ${LONGEST_PATH} bytes at most`);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} is there, and is no socket`);
  if (await answers(path)) throw new Error(`another server listens at ${path}`);
  rmSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(path, () => {
      client.destroy();
      resolve(true);
    });
    // A full queue of connections is a server's, too.
    client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

/** Its own user's from the first moment on: what bind(2) makes has the permissions that the mask leaves. */
function bindPrivately(server: Server, path: string, whenBound: () => void): void {
  const mask = process.umask(0o177);
  try {
    server.listen({ path }, whenBound);
  } finally {
    process.umask(mask);
  }
}
