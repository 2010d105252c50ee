/** Single-row transactions: the time goes into flushing WAL at commit. */

import type { Scenario } from './scenario.ts';

/** Keeps the table from growing while a demonstration runs for hours. */
const ROWS_BEFORE_TRUNCATE = 20_000;

export const commitBound: Scenario = {
  name: 'commit-bound',
  trouble: 'every event is a transaction of its own: commits wait for WAL flushes',
  sessions: 3,
  setup: ['CREATE TABLE demo.events (id bigserial PRIMARY KEY, kind int, payload text)'],
  async run(session) {
    const { connection } = session;
    for (let n = 1; !session.stopped; n++) {
      await connection.run('INSERT INTO demo.events (kind, payload) VALUES ($1, $2)', [n % 7, 'x'.repeat(100)]);
      if (n % ROWS_BEFORE_TRUNCATE === 0) await connection.query('TRUNCATE demo.events');
      await session.pause(3);
    }
  },
};
