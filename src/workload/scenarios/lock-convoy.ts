/** Sessions that queue for one row. */

import type { Scenario } from './scenario.ts';

export const lockConvoy: Scenario = {
  name: 'lock-convoy',
  trouble: 'five sessions update one row and hold it for 10 ms: all wait for each other',
  sessions: 5,
  setup: ['CREATE TABLE demo.counters (id int PRIMARY KEY, hits bigint)', 'INSERT INTO demo.counters VALUES (1, 0)'],
  async run(session) {
    const { connection } = session;
    while (!session.stopped) {
      await connection.query('BEGIN');
      await connection.run('UPDATE demo.counters SET hits = hits + 1 WHERE id = $1', [1]);
      await connection.run('SELECT pg_sleep(0.01)');
      await connection.query('COMMIT');
      await session.pause(session.index);
    }
  },
};
