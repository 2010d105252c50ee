/** One session with a PostgreSQL server. Requests may be sent without waiting for earlier ones: that is pipelining. */

import { connect, type Socket } from 'node:net';
import { PebbleError } from '../../base/errors.ts';
import { errorFields, SqlError } from './errors.ts';
import * as frontend from './frontend.ts';
import { type Reply, ReplyReader, type StatementResult } from './reply.ts';

export interface ConnectOptions {
  /** Directory of the Unix socket, or else `host`. */
  readonly socketDir?: string;
  readonly host?: string;
  readonly port: number;
  readonly user: string;
  /** The user's name unless given. */
  readonly database?: string;
  readonly applicationName?: string;
}

interface Waiting {
  readonly reader: ReplyReader;
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

export class Connection {
  /** The backend's process id, as the server sees it (its own pid namespace). */
  backendPid = 0;
  /** Settings that the server reports: server_version, TimeZone, … */
  readonly parameters: Map<string, string> = new Map();

  readonly #options: ConnectOptions;
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  #secret = 0;
  /** What the server gets when it asks for the rows of a COPY. */
  #rows: readonly Buffer[] = [];
  #input: Buffer = Buffer.alloc(0);

  private constructor(options: ConnectOptions) {
    this.#options = options;
    this.#socket = dial(options);
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', (cause) => this.#lost(cause.message, cause));
    this.#socket.on('close', () => this.#lost('the server closed the connection'));
  }

  static async open(options: ConnectOptions): Promise<Connection> {
    const connection = new Connection(options);
    const { user, database = user, applicationName = 'pebble' } = options;
    const reply = await connection.exchange(
      frontend.startup({ user, database, application_name: applicationName, client_encoding: 'UTF8' }),
    );
    if (reply.error) throw reply.error;
    return connection;
  }

  /** Sends messages that lead to exactly one ReadyForQuery (one Sync or one Query) and returns all up to it. */
  exchange(...messages: Buffer[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(this.#broken('the connection is closed'));
      this.#waiting.push({ reader: new ReplyReader(), resolve, reject });
      this.#socket.write(messages.length === 1 ? messages[0]! : Buffer.concat(messages));
    });
  }

  /** Simple protocol: one or more statements in one string. */
  async query(sql: string): Promise<StatementResult[]> {
    return resultsOf(await this.exchange(frontend.query(sql)));
  }

  /** Extended protocol as most drivers use it: Parse, Bind, Describe, Execute, Sync in one go. */
  async run(sql: string, values: readonly frontend.Value[] = []): Promise<StatementResult> {
    const { parse, bind, describePortal, execute, sync } = frontend;
    const reply = await this.exchange(
      Buffer.concat([parse('', sql), bind('', '', values), describePortal(''), execute(''), sync()]),
    );
    return resultsOf(reply)[0]!;
  }

  /** Parse and Sync in a round trip of their own. */
  async prepare(statement: string, sql: string): Promise<void> {
    resultsOf(await this.exchange(frontend.parse(statement, sql), frontend.sync()));
  }

  /** Bind, Execute, Sync of a statement that was prepared before. */
  async execute(statement: string, values: readonly frontend.Value[] = []): Promise<StatementResult> {
    const { bind, execute, sync } = frontend;
    return resultsOf(await this.exchange(bind('', statement, values), execute(''), sync()))[0]!;
  }

  /** Several prepared statements under one Sync: one transaction, and the first error skips the rest. */
  pipeline(steps: readonly (readonly [statement: string, values: readonly frontend.Value[]])[]): Promise<Reply> {
    const { bind, execute, sync } = frontend;
    return this.exchange(...steps.flatMap(([statement, values]) => [bind('', statement, values), execute('')]), sync());
  }

  /** COPY … FROM STDIN, a message for each of `rows`, which are in the format of the statement. */
  async copyIn(sql: string, rows: readonly string[]): Promise<StatementResult> {
    this.#rows = [...rows.map(frontend.copyData), frontend.copyDone()];
    const [result] = await this.query(sql);
    this.#rows = [];
    return result!;
  }

  /** Asks the server, over a second connection, to cancel what this session executes now. */
  async cancel(): Promise<void> {
    const socket = dial(this.#options);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => resolve());
      socket.end(frontend.cancelRequest(this.backendPid, this.#secret));
      socket.resume();
    });
  }

  async close(): Promise<void> {
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.end(frontend.terminate());
    });
  }

  #receive(chunk: Buffer): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    let at = 0;
    while (this.#input.length - at >= 5) {
      const end = at + 1 + this.#input.readInt32BE(at + 1);
      if (end > this.#input.length) break;
      this.#take(String.fromCharCode(this.#input[at]!), this.#input.subarray(at + 5, end));
      at = end;
    }
    this.#input = this.#input.subarray(at);
  }

  #take(type: string, body: Buffer): void {
    if (this.#takeForSession(type, body)) return;
    const reply = this.#waiting[0]?.reader.take(type, body);
    if (reply) this.#waiting.shift()!.resolve(reply);
  }

  /** The messages that belong to the session rather than to one request. */
  #takeForSession(type: string, body: Buffer): boolean {
    switch (type) {
      case 'R':
        this.#authenticate(body.readInt32BE(0));
        return true;
      case 'K':
        this.backendPid = body.readInt32BE(0);
        this.#secret = body.readInt32BE(4);
        return true;
      case 'S': {
        const [name, value] = body.toString('utf8').split('\0');
        this.parameters.set(name!, value!);
        return true;
      }
      case 'G':
        this.#socket.write(
          this.#rows.length > 0 ? Buffer.concat(this.#rows) : frontend.copyFail('no rows are at hand: use copyIn'),
        );
        return true;
    }
    if (type !== 'E' || !isFatal(body)) return false;
    this.#lost('', new SqlError(errorFields(body)));
    return true;
  }

  #authenticate(method: number): void {
    if (method === 0) return;
    this.#lost('', this.#broken(`the server asks for authentication method ${method}; only trust is spoken here`));
  }

  #lost(what: string, cause?: Error): void {
    const error = cause instanceof PebbleError ? cause : this.#broken(what, cause);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
    this.#socket.destroy();
  }

  #broken(what: string, cause?: Error): PebbleError {
    const { socketDir, host, port, user } = this.#options;
    return new PebbleError('io', {
      doing: `talking to PostgreSQL at ${socketDir ?? host}:${port} as ${user}`,
      what,
      cause,
    });
  }
}

function dial({ socketDir, host = '127.0.0.1', port }: ConnectOptions): Socket {
  return socketDir === undefined ? connect(port, host) : connect(`${socketDir}/.s.PGSQL.${port}`);
}

function resultsOf(reply: Reply): StatementResult[] {
  if (reply.error) throw reply.error;
  return [...reply.results];
}

/** FATAL and PANIC end the session, without a ReadyForQuery. V is the severity that is never translated. */
function isFatal(body: Buffer): boolean {
  return ['FATAL', 'PANIC'].includes(errorFields(body).get('V') ?? '');
}
