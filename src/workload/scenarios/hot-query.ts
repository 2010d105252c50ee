/** One cheap statement, executed very often. */

import type { Scenario } from './scenario.ts';

const PRODUCTS = 10_000;
const BURST = 20;

export const hotQuery: Scenario = {
  name: 'hot-query',
  trouble: 'a point lookup that is cheap and executed a thousand times a second',
  sessions: 2,
  setup: [
    'CREATE TABLE demo.products (id int PRIMARY KEY, name text, price numeric)',
    `INSERT INTO demo.products SELECT n, 'product ' || n, n % 100 FROM generate_series(1, ${PRODUCTS}) n`,
    'ANALYZE demo.products',
  ],
  async run(session) {
    const { connection } = session;
    await connection.prepare('product', 'SELECT name, price FROM demo.products WHERE id = $1');
    for (let n = session.index; !session.stopped; n += BURST) {
      for (let i = 0; i < BURST; i++) await connection.execute('product', [1 + ((n + i) % PRODUCTS)]);
      await session.pause(20);
    }
  },
};
