/** A sort that does not fit work_mem. */

import type { Scenario } from './scenario.ts';

export const spillingSort: Scenario = {
  name: 'spilling-sort',
  trouble: 'a report sorts more than work_mem holds and spills into temporary files',
  sessions: 1,
  setup: [
    'CREATE UNLOGGED TABLE demo.measurements (id int, value text)',
    'INSERT INTO demo.measurements SELECT n, md5(n::text) FROM generate_series(1, 50000) n',
  ],
  async run(session) {
    await session.connection.query("SET work_mem = '256kB'");
    while (!session.stopped) {
      await session.connection.query('SELECT value FROM demo.measurements ORDER BY value OFFSET 49999');
      await session.pause(2_000);
    }
  },
};
