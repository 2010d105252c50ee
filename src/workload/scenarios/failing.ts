/** Statements that fail. */

import { frontend } from '../../postgres/client/index.ts';
import type { Scenario } from './scenario.ts';

export const failing: Scenario = {
  name: 'failing',
  trouble: 'an application inserts the same key again and again and ignores the error',
  sessions: 1,
  setup: ['CREATE TABLE demo.tokens (token int PRIMARY KEY)', 'INSERT INTO demo.tokens VALUES (42)'],
  async run(session) {
    while (!session.stopped) {
      await session.connection.exchange(frontend.query('INSERT INTO demo.tokens VALUES (42)'));
      await session.pause(200);
    }
  },
};
