/** One client's session: startup, simple and extended protocol, cursors. It reads only: a transaction is a word. */
import type { Socket } from 'node:net';
import type { Engine, Result } from './engine.ts';
import * as wire from './messages.ts';
import { Fields, type Incoming, SqlFailure } from './messages.ts';
import { translate, type Values } from './query.ts';
import { ScramExchange, type ScramSecret } from './scram.ts';
import { statementsOf, type Token } from './tokens.ts';

export interface SessionOptions {
  readonly socket: Socket;
  readonly engine: Engine;
  readonly id: number;
  readonly key: number;
  /** Absent: whoever could connect is let in, as the socket's permissions say. */
  readonly secret: ScramSecret | undefined;
  readonly cancel: (id: number, key: number) => void;
}

interface Portal {
  readonly tokens: readonly Token[];
  readonly values: Values;
  result?: Result;
  next: number;
}

const PROTOCOL = 3;
/** src/include/libpq/pqcomm.h: requests that come instead of a protocol version. */
const [CANCEL, SSL, GSS] = [80877102, 80877103, 80877104];
/** Of prepared statements, portals and cursors each. */
const MOST_NAMES = 100;
/** Reported at the start: postgres_fdw and drivers choose their words by it. */
const PARAMETERS = {
  server_version: '15.0 (Pebble)',
  server_encoding: 'UTF8',
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  integer_datetimes: 'on',
  standard_conforming_strings: 'on',
};

export class Session {
  readonly #options: SessionOptions;
  readonly #reader = new wire.MessageReader();
  readonly #statements = new Map<string, readonly Token[]>();
  readonly #portals = new Map<string, Portal>();
  readonly #cursors = new Map<string, { readonly result: Result; next: number }>();
  #phase: 'startup' | 'password' | 'ready' = 'startup';
  #scram: ScramExchange | undefined;
  #transaction: 'I' | 'T' | 'E' = 'I';
  /** After an error of the extended protocol everything is skipped up to Sync. */
  #skipping = false;
  #running = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #output: Buffer[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  /** Messages are handled in their order, one at a time. */
  receive(chunk: Buffer): void {
    const { socket } = this.#options;
    // What cannot be read while an answer is made waits in the kernel, not here.
    socket.pause();
    this.#work = this.#work
      .then(() => this.#takeAll(chunk))
      .catch((error: unknown) => this.#end(failureOf(error)))
      .finally(() => {
        this.#flush();
        socket.resume();
      });
  }

  /** Ends what is executed now. */
  cancel(): void {
    this.#running.abort();
  }

  refuse(failure: SqlFailure): void {
    this.#end(failure);
  }

  async #takeAll(chunk: Buffer): Promise<void> {
    for (const incoming of this.#reader.take(chunk, () => this.#phase !== 'startup')) await this.#take(incoming);
  }

  async #take(incoming: Incoming): Promise<void> {
    if (this.#phase === 'startup') return this.#start(new Fields(incoming.body));
    if (this.#phase === 'password') return this.#authenticate(incoming);
    if (this.#skipping && !['S', 'X'].includes(incoming.type)) return;
    try {
      this.#running = new AbortController();
      await this.#execute(incoming.type, new Fields(incoming.body));
    } catch (error) {
      this.#fail(failureOf(error), incoming.type !== 'Q');
    }
  }

  #start(fields: Fields): void {
    const code = fields.int32();
    if (code === SSL || code === GSS) return void this.#options.socket.write('N');
    if (code === CANCEL) {
      this.#options.cancel(fields.int32(), fields.int32());
      return void this.#options.socket.end();
    }
    if (code >> 16 !== PROTOCOL)
      throw new SqlFailure('0A000', `unsupported frontend protocol ${code >> 16}.${code & 0xffff}`);
    if ((code & 0xffff) > 0) this.#send(wire.message('v', wire.int32(PROTOCOL << 16), wire.int32(0)));
    if (!this.#options.secret) return this.#welcome();
    this.#phase = 'password';
    this.#scram = new ScramExchange(this.#options.secret);
    this.#send(wire.authentication(10, wire.cstring('SCRAM-SHA-256'), Buffer.of(0)));
  }

  #authenticate({ type, body }: Incoming): void {
    if (type !== 'p') throw new SqlFailure('08P01', 'expected a password');
    const fields = new Fields(body);
    const isFirst = body.toString('latin1', 0, 14) === 'SCRAM-SHA-256\0';
    if (isFirst) {
      fields.text();
      const answer = this.#scram!.first(fields.take(fields.int32()).toString());
      if (answer === undefined) throw new SqlFailure('08P01', 'malformed SCRAM message');
      return this.#send(wire.authentication(11, Buffer.from(answer)));
    }
    const answer = this.#scram!.final(body.toString());
    if (answer === undefined) throw new SqlFailure('28P01', 'password authentication failed');
    this.#send(wire.authentication(12, Buffer.from(answer)));
    this.#welcome();
  }

  #welcome(): void {
    this.#phase = 'ready';
    const { id, key } = this.#options;
    this.#send(
      wire.authentication(0),
      ...Object.entries(PARAMETERS).map(([name, value]) => wire.parameter(name, value)),
      wire.message('K', wire.int32(id), wire.int32(key)),
      wire.ready('I'),
    );
  }

  async #execute(type: string, fields: Fields): Promise<void> {
    switch (type) {
      case 'Q':
        return this.#simple(fields.text());
      case 'P':
        return this.#parse(fields);
      case 'B':
        return this.#bind(fields);
      case 'D':
        return this.#describe(fields);
      case 'E':
        return this.#executePortal(fields);
      case 'C':
        return this.#close(fields);
      case 'S':
        this.#skipping = false;
        this.#portals.clear();
        return this.#send(wire.ready(this.#transaction));
      case 'H':
        return this.#flush();
      case 'X':
        return void this.#options.socket.end();
      default:
        throw new SqlFailure('0A000', `this endpoint does not know messages of type ${JSON.stringify(type)}`);
    }
  }

  async #simple(sql: string): Promise<void> {
    const statements = statementsOf(sql);
    if (statements.length === 0) this.#send(wire.message('I'));
    for (const tokens of statements) {
      const portal: Portal = { tokens, values: [], next: 0 };
      const result = await this.#resultOf(portal);
      if (result) this.#send(wire.rowDescription(result.columns));
      await this.#answer(portal, 0);
    }
    this.#send(wire.ready(this.#transaction));
  }

  #parse(fields: Fields): void {
    const [name, sql] = [fields.text(), fields.text()];
    const statements = statementsOf(sql);
    if (statements.length > 1)
      throw new SqlFailure('42601', 'cannot insert multiple commands into a prepared statement');
    this.#room(this.#statements, name);
    this.#statements.set(name, statements[0] ?? []);
    this.#send(wire.message('1'));
  }

  #bind(fields: Fields): void {
    const [portal, statement] = [fields.text(), fields.text()];
    const formats = Array.from({ length: fields.int16() }, () => fields.int16());
    const values = Array.from({ length: fields.int16() }, () => {
      const length = fields.int32();
      return length < 0 ? null : fields.take(length).toString();
    });
    const results = Array.from({ length: fields.int16() }, () => fields.int16());
    if ([...formats, ...results].some((format) => format !== 0))
      throw new SqlFailure('0A000', 'this endpoint has no binary format', 'ask your driver for text');
    const tokens = this.#statements.get(statement);
    if (!tokens) throw new SqlFailure('26000', `prepared statement "${statement}" does not exist`);
    this.#room(this.#portals, portal);
    this.#portals.set(portal, { tokens, values, next: 0 });
    this.#send(wire.message('2'));
  }

  async #describe(fields: Fields): Promise<void> {
    const [kind, name] = [fields.take(1).toString(), fields.text()];
    if (kind === 'P') return this.#describeResult(await this.#resultOf(this.#portal(name)));
    const tokens = this.#statements.get(name);
    if (!tokens) throw new SqlFailure('26000', `prepared statement "${name}" does not exist`);
    const parameters = Math.max(
      0,
      ...tokens.map(({ kind, value }) => (kind === 'parameter' ? Number(value.slice(1)) : 0)),
    );
    const text = wire.int32(25);
    this.#send(wire.message('t', wire.int16(parameters), ...Array.from({ length: parameters }, () => text)));
    // Columns are known once it is executed: with no values for its parameters.
    const values = Array.from({ length: parameters }, () => null);
    this.#describeResult(isQuery(tokens) ? await this.#run(tokens, values) : undefined);
  }

  #describeResult(result: Result | undefined): void {
    this.#send(result ? wire.rowDescription(result.columns) : wire.message('n'));
  }

  async #executePortal(fields: Fields): Promise<void> {
    const portal = this.#portal(fields.text());
    await this.#resultOf(portal);
    await this.#answer(portal, Math.max(0, fields.int32()));
  }

  #close(fields: Fields): void {
    const [kind, name] = [fields.take(1).toString(), fields.text()];
    (kind === 'S' ? this.#statements : this.#portals).delete(name);
    this.#send(wire.message('3'));
  }

  #portal(name: string): Portal {
    const portal = this.#portals.get(name);
    if (!portal) throw new SqlFailure('34000', `portal "${name}" does not exist`);
    return portal;
  }

  async #resultOf(portal: Portal): Promise<Result | undefined> {
    const { tokens, values } = portal;
    if (this.#transaction === 'E' && !ENDS.has(tokens[0]?.value ?? ''))
      throw new SqlFailure('25P02', 'current transaction is aborted, commands ignored until end of transaction block');
    if (isQuery(tokens)) portal.result ??= await this.#run(tokens, values);
    else if (tokens[0]?.value === 'fetch') portal.result ??= this.#fetch(tokens);
    else if (tokens[0]?.value === 'show') portal.result ??= show(tokens);
    return portal.result;
  }

  #run(tokens: readonly Token[], values: Values): Promise<Result> {
    return this.#options.engine.run(translate(tokens, values, Date.now()), this.#running.signal);
  }

  /** Sends rows, at most so many unless 0, or does what is no query. */
  async #answer(portal: Portal, most: number): Promise<void> {
    const { result, tokens, values } = portal;
    if (!result)
      return this.#send(tokens.length === 0 ? wire.message('I') : wire.complete(await this.#command(tokens, values)));
    const rows = most === 0 ? result.rows.slice(portal.next) : result.rows.slice(portal.next, portal.next + most);
    portal.next += rows.length;
    this.#send(...rows.map(wire.dataRow));
    const isWhole = most === 0 || rows.length < most;
    const word = tokens[0]!.value === 'fetch' ? 'FETCH' : 'SELECT';
    this.#send(
      isWhole ? wire.complete(tokens[0]!.value === 'show' ? 'SHOW' : `${word} ${rows.length}`) : wire.message('s'),
    );
  }

  async #command(tokens: readonly Token[], values: Values): Promise<string> {
    const [first, second, third] = tokens.map(({ value }) => value);
    const isWithin = this.#transaction !== 'I';
    switch (first) {
      case 'begin':
      case 'start':
        this.#transaction = 'T';
        return first === 'begin' ? 'BEGIN' : 'START TRANSACTION';
      case 'commit':
      case 'end':
        return this.#endTransaction(this.#transaction === 'E' ? 'ROLLBACK' : 'COMMIT');
      case 'abort':
      case 'rollback':
        if (!tokens.some(({ value }) => value === 'to')) return this.#endTransaction('ROLLBACK');
        if (isWithin) this.#transaction = 'T';
        return 'ROLLBACK';
      case 'declare':
        return this.#declare(tokens, values);
      case 'close':
        if (second === 'all') this.#cursors.clear();
        else this.#cursors.delete(second ?? '');
        return 'CLOSE CURSOR';
      case 'deallocate':
        if (second === 'all') this.#statements.clear();
        else this.#statements.delete((second === 'prepare' ? third : second) ?? '');
        return 'DEALLOCATE';
    }
    const tag = WITHOUT_EFFECT[first ?? ''];
    if (tag !== undefined) return tag;
    throw new SqlFailure('0A000', `this endpoint only reads: ${first?.toUpperCase()} is not spoken`, 'use SELECT');
  }

  #endTransaction(tag: string): string {
    this.#transaction = 'I';
    this.#cursors.clear();
    return tag;
  }

  async #declare(tokens: readonly Token[], values: Values): Promise<string> {
    const name = tokens[1]?.value ?? '';
    const at = tokens.findIndex(({ kind, value }) => kind === 'word' && value === 'for');
    const query = tokens.slice(at + 1);
    if (at < 0 || !isQuery(query)) throw new SqlFailure('42601', 'a cursor is for a SELECT');
    this.#room(this.#cursors, name);
    this.#cursors.set(name, { result: await this.#run(query, values), next: 0 });
    return 'DECLARE CURSOR';
  }

  /** FETCH [FORWARD] [n | ALL] [FROM | IN] cursor */
  #fetch(tokens: readonly Token[]): Result {
    const name = tokens.at(-1)!.value;
    const cursor = this.#cursors.get(name);
    if (!cursor) throw new SqlFailure('34000', `cursor "${name}" does not exist`);
    if (tokens.some(({ value }) => UNABLE_TO_FETCH.has(value)))
      throw new SqlFailure('55000', 'cursors only go forward');
    const isAll = tokens.some(({ value }) => value === 'all');
    const count = Number(tokens.find(({ kind }) => kind === 'number')?.value ?? 1);
    const end = isAll ? cursor.result.rows.length : cursor.next + count;
    const rows = cursor.result.rows.slice(cursor.next, end);
    cursor.next += rows.length;
    return { columns: cursor.result.columns, rows };
  }

  #room(names: ReadonlyMap<string, unknown>, name: string): void {
    if (names.size >= MOST_NAMES && !names.has(name))
      throw new SqlFailure('53000', `a session has at most ${MOST_NAMES} statements, portals and cursors`);
  }

  #fail(failure: SqlFailure, isExtended: boolean): void {
    if (this.#transaction === 'T') this.#transaction = 'E';
    this.#send(wire.errorResponse('ERROR', failure));
    if (isExtended) this.#skipping = true;
    else this.#send(wire.ready(this.#transaction));
  }

  #end(failure: SqlFailure): void {
    this.#send(wire.errorResponse('FATAL', failure));
    this.#flush();
    this.#options.socket.end();
  }

  /** Sent together: a message a packet would wait for the other side's acknowledgement. */
  #send(...messages: readonly Buffer[]): void {
    for (const one of messages) this.#output.push(one);
  }

  #flush(): void {
    const { socket } = this.#options;
    if (this.#output.length > 0 && !socket.destroyed) socket.write(Buffer.concat(this.#output));
    this.#output = [];
  }
}

const isQuery = (tokens: readonly Token[]): boolean =>
  ['select', 'with', 'values', '('].includes(tokens[0]?.value ?? '');

/** What a failed transaction still takes. */
const ENDS = new Set(['rollback', 'abort', 'commit', 'end']);
const UNABLE_TO_FETCH = new Set(['backward', 'prior', 'first', 'last', 'absolute', 'relative', '-']);
/** Commands that drivers send, and that mean nothing where nothing is written: their tags. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  set: 'SET',
  reset: 'RESET',
  discard: 'DISCARD ALL',
  savepoint: 'SAVEPOINT',
  release: 'RELEASE',
  unlisten: 'UNLISTEN',
};

function show(tokens: readonly Token[]): Result {
  const name = tokens
    .map(({ value }) => value)
    .slice(1)
    .join('_');
  const known: Record<string, string> = { ...PARAMETERS, transaction_isolation_level: 'repeatable read' };
  const key = Object.keys(known).find((candidate) => candidate.toLowerCase() === name);
  if (key === undefined) throw new SqlFailure('42704', `unrecognized configuration parameter "${name}"`);
  return { columns: [{ name, type: 'text' }], rows: [[known[key]!]] };
}

function failureOf(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error;
  return new SqlFailure('XX000', error instanceof Error ? error.message : String(error));
}
