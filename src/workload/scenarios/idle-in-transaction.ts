/** A session that forgets to commit, and one that waits for it. */

import type { Scenario, Session } from './scenario.ts';

export const idleInTransaction: Scenario = {
  name: 'idle-in-transaction',
  trouble: 'a session sits idle in its transaction for 6 s and holds a row that another one needs',
  sessions: 2,
  setup: [
    'CREATE TABLE demo.stock (id int PRIMARY KEY, amount int)',
    'INSERT INTO demo.stock SELECT n, 1000000 FROM generate_series(1, 100) n',
  ],
  run: (session) => (session.index === 0 ? forget(session) : wait(session)),
};

async function forget(session: Session): Promise<void> {
  while (!session.stopped) {
    await session.connection.query('BEGIN');
    await session.connection.query('UPDATE demo.stock SET amount = amount - 1 WHERE id = 7');
    await session.pause(6_000);
    await session.connection.query('COMMIT');
    await session.pause(2_000);
  }
}

async function wait(session: Session): Promise<void> {
  while (!session.stopped) {
    await session.pause(500);
    await session.connection.query('UPDATE demo.stock SET amount = amount + 1 WHERE id = 7');
  }
}
