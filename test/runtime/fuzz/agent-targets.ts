/** What the agent reads of strangers: its settings, its users, addresses of the API, and messages and SQL of PostgreSQL clients. */

import { parseFile } from '../../../src/agent/configuration/parse.ts';
import { SETTINGS } from '../../../src/agent/configuration/settings.ts';
import { PebbleError } from '../../../src/base/errors.ts';
import { parseUsers } from '../../../src/server/access/users.ts';
import { questionOf } from '../../../src/server/question.ts';
import { Fields, MessageReader, SqlFailure } from '../../../src/wire/messages.ts';
import { translate } from '../../../src/wire/query.ts';
import { statementsOf } from '../../../src/wire/tokens.ts';
import type { Target } from './targets.ts';

const NOW_MS = Date.UTC(2026, 0, 31);
const texts =
  (...lines: readonly string[]) =>
  () =>
    lines.map((line) => Buffer.from(line));

/** A complaint to a client is a refusal. */
function answering<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof SqlFailure) throw new PebbleError('format', { what: error.message });
    throw error;
  }
}

/** Of a session: startup, a query, and the extended protocol's messages. */
function messages(): Buffer[] {
  const start = Buffer.from('\0\0\0\x16\0\x03\0\0user\0postgres\0\0', 'latin1');
  const query = Buffer.from('Q\0\0\0\x0dSELECT 1\0', 'latin1');
  const parse = Buffer.from('P\0\0\0\x13s\0SELECT $1\0\0\x01\0\0\0\x19', 'latin1');
  const bind = Buffer.from('B\0\0\0\x14p\0s\0\0\0\0\x01\0\0\0\x02ab\0\0', 'latin1');
  return [Buffer.concat([start, query]), Buffer.concat([start, parse, bind, Buffer.from('S\0\0\0\x04', 'latin1')])];
}

export const AGENT_TARGETS: readonly Target[] = [
  {
    name: 'configuration',
    text: true,
    seeds: texts(
      Object.keys(SETTINGS)
        .slice(0, 8)
        .map((name) => `${name} = '1'\n`)
        .join(''),
      "# comment\nlisten = '127.0.0.1:0'\nkeep_10s = 2d\nmax_size = 4GB\npgdata = '/a, ''/b'''\n",
      'flush_interval 10s # as postgresql.conf\nmetrics_queries=50\n',
    ),
    run: (bytes) => Object.keys(parseFile(bytes.toString('utf8'), 'fuzzed')).length.toString(),
  },
  {
    name: 'users',
    text: true,
    seeds: texts(
      'alice:admin:scrypt$16384$8$1$c2FsdHNhbHRzYWx0c2FsdA==$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g=\n',
      '# nobody\n\n',
    ),
    run: (bytes) => String(parseUsers(bytes.toString('utf8'), 'fuzzed').length),
  },
  {
    name: 'api-question',
    text: true,
    seeds: texts(
      'last=5m&cluster=/data&wait_event=DataFileRead',
      'from=2026-01-30T00:00:00Z&to=2026-01-31T00:00:00Z&fingerprint=0123&user=a%20b',
      'last=90s&host=db1&database=%00%ff',
    ),
    run: (bytes) => Object.keys(questionOf(new URLSearchParams(bytes.toString('utf8')), NOW_MS).facets).join(' '),
  },
  {
    name: 'client-messages',
    seeds: messages,
    run: (bytes) =>
      answering(() => {
        const reader = new MessageReader();
        let begun = false;
        const types: string[] = [];
        // In two pieces, as a network would.
        for (const part of [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]) {
          for (const { type, body } of reader.take(part, () => begun)) {
            begun = true;
            types.push(type);
            const fields = new Fields(body);
            if (type === 'B') readBind(fields);
            else while (fields.remaining > 0) fields.text();
          }
        }
        return types.join('').slice(0, 8);
      }),
  },
  {
    name: 'client-sql',
    text: true,
    seeds: texts(
      "SELECT query, calls FROM pebble.queries WHERE range_from = '2h' AND range_to = '1h' ORDER BY 2 DESC LIMIT 10",
      "DECLARE c1 CURSOR FOR SELECT a.\"b\"::text, 'it''s', $1 FROM public.waits a WHERE x ~~ 'p%' -- done\n; /* two */ SELECT E'\\\\'",
      'SELECT count(*)::bigint, CAST(1 AS numeric) FROM executions_at(now(), now()) JOIN locks USING (pid)',
    ),
    run: (bytes) =>
      answering(() =>
        statementsOf(bytes.toString('utf8'))
          .map((tokens) => translate(tokens, ['1'], NOW_MS).relations.join(','))
          .join(';')
          .slice(0, 40),
      ),
  },
];

function readBind(fields: Fields): void {
  fields.text();
  fields.text();
  for (let left = fields.int16(); left > 0; left--) fields.int16();
  for (let left = fields.int16(); left > 0; left--) {
    const length = fields.int32();
    if (length >= 0) fields.take(length);
  }
}
