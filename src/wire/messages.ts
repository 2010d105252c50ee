/** Messages of PostgreSQL's protocol 3.0 (documentation, "Message Formats"): those sent are built, those received cut out of bytes. */
import { PebbleError } from '../base/errors.ts';

/** An ErrorResponse in the making: SQLSTATE, message, hint. */
export class SqlFailure extends Error {
  readonly sqlstate: string;
  readonly hint: string | undefined;

  constructor(sqlstate: string, message: string, hint?: string) {
    super(message);
    this.sqlstate = sqlstate;
    this.hint = hint;
  }
}

export interface Incoming {
  /** Empty for the first message of a session, which has no type. */
  readonly type: string;
  readonly body: Buffer;
}

/** Statements are short; the server's own limit for what comes before authentication is 10,000 bytes. */
const MOST_BYTES = 1 << 20;
const MOST_STARTUP_BYTES = 10_000;

/** Cuts a stream into messages; one that is too long, or shorter than its own head, is an error. */
export class MessageReader {
  #input: Buffer = Buffer.alloc(0);

  /** `started`: whether types are sent already; it is asked for each message. */
  *take(chunk: Buffer, started: () => boolean): Generator<Incoming> {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    for (;;) {
      const at = started() ? 1 : 0;
      if (this.#input.length < at + 4) return;
      const length = this.#input.readInt32BE(at);
      const most = at === 1 ? MOST_BYTES : MOST_STARTUP_BYTES;
      if (length < 4 || length > most)
        throw new PebbleError('format', { what: `a message says that it has ${length} bytes` });
      if (this.#input.length < at + length) return;
      const [type, body] = [this.#input.toString('latin1', 0, at), this.#input.subarray(at + 4, at + length)];
      this.#input = this.#input.subarray(at + length);
      yield { type, body };
    }
  }
}

/** Reads the fields of one message; beyond its end is an error that the client is told. */
export class Fields {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get remaining(): number {
    return this.#body.length - this.#at;
  }

  int16(): number {
    return this.take(2).readInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  text(): string {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw malformed();
    const text = this.#body.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  take(length: number): Buffer {
    if (length < 0 || length > this.remaining) throw malformed();
    this.#at += length;
    return this.#body.subarray(this.#at - length, this.#at);
  }
}

const malformed = (): SqlFailure => new SqlFailure('08P01', 'invalid message format');

export const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
export const cstring = (text: string): Buffer => Buffer.from(`${text.replaceAll('\0', '')}\0`);

export function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(length), ...parts]);
}

export const authentication = (code: number, ...parts: readonly Buffer[]): Buffer =>
  message('R', int32(code), ...parts);
export const ready = (state: 'I' | 'T' | 'E'): Buffer => message('Z', Buffer.from(state));
export const complete = (tag: string): Buffer => message('C', cstring(tag));
export const parameter = (name: string, value: string): Buffer => message('S', cstring(name), cstring(value));

export function errorResponse(severity: 'ERROR' | 'FATAL', { sqlstate, message: text, hint }: SqlFailure): Buffer {
  const given = { S: severity, V: severity, C: sqlstate, M: text, ...(hint !== undefined && { H: hint }) };
  return message('E', ...Object.entries(given).map(([letter, value]) => cstring(letter + value)), Buffer.of(0));
}

/** OID and size of each type: src/include/catalog/pg_type.dat. */
const TYPES = {
  text: [25, -1],
  bigint: [20, 8],
  integer: [23, 4],
  'double precision': [701, 8],
  boolean: [16, 1],
  timestamptz: [1184, 8],
  jsonb: [3802, -1],
} as const;
export type WireType = keyof typeof TYPES;

export function rowDescription(columns: readonly { readonly name: string; readonly type: WireType }[]): Buffer {
  const fields = columns.map(({ name, type }) => {
    const [oid, size] = TYPES[type];
    return Buffer.concat([cstring(name), int32(0), int16(0), int32(oid), int16(size), int32(-1), int16(0)]);
  });
  return message('T', int16(columns.length), ...fields);
}

export function dataRow(values: readonly (string | null)[]): Buffer {
  const bodies = values.map((value) => (value === null ? 0 : Buffer.byteLength(value)));
  const length = bodies.reduce((sum, bytes) => sum + bytes + 4, 6);
  const bytes = Buffer.allocUnsafe(length + 1);
  bytes[0] = 68; // D
  bytes.writeInt32BE(length, 1);
  bytes.writeInt16BE(values.length, 5);
  let at = 7;
  for (const [index, value] of values.entries()) {
    at = bytes.writeInt32BE(value === null ? -1 : bodies[index]!, at);
    if (value !== null) at += bytes.write(value, at);
  }
  return bytes;
}
