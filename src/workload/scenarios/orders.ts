/** A function whose inner statements do the work, foreign-key checks among them. */

import type { Scenario } from './scenario.ts';

const CUSTOMERS = 1_000;
const ROWS_BEFORE_TRUNCATE = 20_000;

export const orders: Scenario = {
  name: 'orders',
  trouble: 'one call of a PL/pgSQL function hides an insert, its foreign-key check and an update',
  sessions: 1,
  setup: [
    'CREATE TABLE demo.customers (id int PRIMARY KEY, total numeric NOT NULL DEFAULT 0)',
    `INSERT INTO demo.customers SELECT n FROM generate_series(1, ${CUSTOMERS}) n`,
    'CREATE TABLE demo.orders (id bigserial PRIMARY KEY, customer int REFERENCES demo.customers, price numeric)',
    `CREATE FUNCTION demo.place_order(who int, price numeric) RETURNS void LANGUAGE plpgsql AS $body$
      BEGIN
        INSERT INTO demo.orders (customer, price) VALUES (who, price);
        UPDATE demo.customers SET total = total + price WHERE id = who;
      END $body$`,
  ],
  async run(session) {
    const { connection } = session;
    await connection.prepare('order', 'SELECT demo.place_order($1, $2)');
    for (let n = 1; !session.stopped; n++) {
      await connection.execute('order', [1 + (n % CUSTOMERS), 5]);
      if (n % ROWS_BEFORE_TRUNCATE === 0) await connection.query('TRUNCATE demo.orders');
      await session.pause(5);
    }
  },
};
