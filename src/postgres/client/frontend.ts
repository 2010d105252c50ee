/**
 * Messages to the server, protocol 3.0: type byte, length with itself, body
 * (PostgreSQL documentation, "Message Formats"; src/backend/tcop/postgres.c reads them).
 */

export type Value = string | number | bigint | boolean | null;

/** The start of a session; it has no type byte. */
export function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => [cstring(name), cstring(value)]);
  return withLength(Buffer.concat([int32(PROTOCOL_3_0), ...pairs, Buffer.of(0)]));
}

/** Sent on a connection of its own. */
export function cancelRequest(pid: number, secret: number): Buffer {
  return withLength(Buffer.concat([int32(CANCEL_REQUEST), int32(pid), int32(secret)]));
}

export function query(sql: string): Buffer {
  return message('Q', cstring(sql));
}

/** Parameter types are left to the server. */
export function parse(statement: string, sql: string): Buffer {
  return message('P', cstring(statement), cstring(sql), int16(0));
}

/** Values and results travel as text. */
export function bind(portal: string, statement: string, values: readonly Value[]): Buffer {
  const parameters = values.map((value) => (value === null ? int32(-1) : counted(String(value))));
  return message('B', cstring(portal), cstring(statement), int16(0), int16(values.length), ...parameters, int16(0));
}

export function describePortal(portal: string): Buffer {
  return message('D', Buffer.from('P'), cstring(portal));
}

/** At most `rows` rows, 0 for all. */
export function execute(portal: string, rows = 0): Buffer {
  return message('E', cstring(portal), int32(rows));
}

export function closeStatement(statement: string): Buffer {
  return message('C', Buffer.from('S'), cstring(statement));
}

export function flush(): Buffer {
  return message('H');
}

export function sync(): Buffer {
  return message('S');
}

/** A function by its OID, with arguments and result as text. */
export function functionCall(oid: number, values: readonly string[]): Buffer {
  return message('F', int32(oid), int16(0), int16(values.length), ...values.map(counted), int16(0));
}

export function copyData(rows: string): Buffer {
  return message('d', Buffer.from(rows));
}

export function copyDone(): Buffer {
  return message('c');
}

export function copyFail(reason: string): Buffer {
  return message('f', cstring(reason));
}

export function terminate(): Buffer {
  return message('X');
}

const PROTOCOL_3_0 = 3 << 16;
/** src/include/libpq/pqcomm.h: CANCEL_REQUEST_CODE */
const CANCEL_REQUEST = (1234 << 16) | 5678;

function message(type: string, ...body: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(type), withLength(Buffer.concat(body))]);
}

function withLength(body: Buffer): Buffer {
  return Buffer.concat([int32(body.length + 4), body]);
}

function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

/** A parameter: its length, then its bytes. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([int32(bytes.length), bytes]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
