/** What the server refuses: its message, SQLSTATE and hint. */

import { PebbleError } from '../../base/errors.ts';

export class SqlError extends PebbleError {
  override readonly name = 'SqlError';
  /** Five characters: PostgreSQL documentation, "PostgreSQL Error Codes". */
  readonly sqlstate: string;

  constructor(fields: ReadonlyMap<string, string>) {
    const [what, detail, hint] = [fields.get('M') ?? 'an error without a message', fields.get('D'), fields.get('H')];
    super('io', { what, ...(detail === undefined ? {} : { detail }), ...(hint === undefined ? {} : { hint }) });
    this.sqlstate = fields.get('C') ?? '';
  }
}

/** Fields of ErrorResponse and NoticeResponse: a letter and a text each, up to a zero byte. */
export function errorFields(body: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (const field of body.toString('utf8').split('\0')) {
    if (field !== '') fields.set(field[0]!, field.slice(1));
  }
  return fields;
}
