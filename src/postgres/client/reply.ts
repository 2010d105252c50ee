/** Collects the server's messages up to ReadyForQuery into one reply. */

import { errorFields, SqlError } from './errors.ts';

export interface StatementResult {
  /** "SELECT 1", "COMMIT", …; empty where the statement was empty. */
  readonly tag: string;
  readonly columns: readonly string[];
  readonly rows: readonly (string | null)[][];
}

export interface Reply {
  /** One per statement that finished. */
  readonly results: readonly StatementResult[];
  /** What stopped the others. */
  readonly error: SqlError | undefined;
  readonly transaction: 'idle' | 'in transaction' | 'failed';
}

const TRANSACTION = { I: 'idle', T: 'in transaction', E: 'failed' } as const;

export class ReplyReader {
  readonly #results: StatementResult[] = [];
  #error: SqlError | undefined;
  #columns: string[] = [];
  #rows: (string | null)[][] = [];

  /** Takes one message; returns the reply at its end. */
  take(type: string, body: Buffer): Reply | undefined {
    switch (type) {
      case 'T':
        this.#columns = columnNames(body);
        return;
      case 'D':
        this.#rows.push(rowValues(body));
        return;
      case 'C':
      case 's': // PortalSuspended: the row limit of Execute was reached
      case 'I': // EmptyQueryResponse
        this.#finish(type === 'C' ? body.toString('utf8', 0, body.length - 1) : '');
        return;
      case 'E':
        this.#error ??= new SqlError(errorFields(body));
        return;
      case 'Z':
        return {
          results: this.#results,
          error: this.#error,
          transaction: TRANSACTION[String.fromCharCode(body[0]!) as keyof typeof TRANSACTION],
        };
    }
    return;
  }

  #finish(tag: string): void {
    this.#results.push({ tag, columns: this.#columns, rows: this.#rows });
    this.#columns = [];
    this.#rows = [];
  }
}

/** RowDescription: per column a name and 18 bytes of numbers. */
function columnNames(body: Buffer): string[] {
  const names: string[] = [];
  let at = 2;
  for (let count = body.readInt16BE(0); count > 0; count--) {
    const end = body.indexOf(0, at);
    names.push(body.toString('utf8', at, end));
    at = end + 19;
  }
  return names;
}

/** DataRow: per column a length (-1 for NULL) and the bytes. */
function rowValues(body: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let count = body.readInt16BE(0); count > 0; count--) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(length, 0);
  }
  return values;
}
