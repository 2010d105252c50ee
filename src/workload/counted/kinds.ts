/** The ways to execute a statement, each a prime number of times. One entry each: what it does and what it must count. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, frontend } from '../../postgres/client/index.ts';
import type { CountedStatement } from './report.ts';

export interface Kind {
  readonly statements: readonly CountedStatement[];
  readonly requests: number;
  run(connection: Connection): Promise<void>;
}

const { parse, bind, execute, describePortal, closeStatement, sync, query } = frontend;

/** A kind of one statement that always succeeds, with as many requests as executions unless given. */
function steady(marker: string, times: number, run: Kind['run'], requests = times): Kind {
  return { statements: [{ marker, succeeded: times, failed: 0 }], requests, run };
}

async function repeat(times: number, once: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < times; n++) await once(n);
}

const SIMPLE = steady('c_simple', 101, (connection) =>
  repeat(101, (n) => connection.query(`SELECT count(*) FROM counted.c_simple WHERE n < ${n}`)),
);

const SIMPLE_INSERT = steady('c_simple_insert', 103, (connection) =>
  repeat(103, (n) => connection.query(`INSERT INTO counted.c_simple_insert VALUES (${n})`)),
);

const EXTENDED = steady('c_extended', 107, (connection) =>
  repeat(107, (n) => connection.run('SELECT n FROM counted.c_extended WHERE n = $1', [n])),
);

/** One round trip to prepare. */
const PREPARED = steady(
  'c_prepared',
  109,
  async (connection) => {
    await connection.prepare('c_prepared', 'SELECT n FROM counted.c_prepared WHERE n = $1');
    await repeat(109, (n) => connection.execute('c_prepared', [n]));
  },
  110,
);

/** The unnamed statement, parsed in a round trip of its own each time. */
const PARSED_APART = steady(
  'c_parsed_apart',
  113,
  (connection) =>
    repeat(113, async (n) => {
      await connection.prepare('', 'SELECT n FROM counted.c_parsed_apart WHERE n = $1');
      await connection.execute('', [n]);
    }),
  226,
);

/** A named statement per execution, closed afterwards: three round trips. */
const PARSED_AND_CLOSED = steady(
  'c_parsed_and_closed',
  83,
  (connection) =>
    repeat(83, async (n) => {
      await connection.prepare('c', 'SELECT n FROM counted.c_parsed_and_closed WHERE n = $1');
      await connection.execute('c', [n]);
      await connection.exchange(closeStatement('c'), sync());
    }),
  249,
);

/** Several executions under one Sync. */
const PIPELINE_LENGTHS = [2, 3, 5, 7, 11, 13];
const PIPELINE = steady(
  'c_pipeline',
  41,
  async (connection) => {
    await connection.prepare('c_pipeline', 'SELECT n FROM counted.c_pipeline WHERE n = $1');
    for (const length of PIPELINE_LENGTHS) {
      const steps = Array.from({ length }, (_, n) => ['c_pipeline', [n]] as const);
      await connection.pipeline(steps);
    }
  },
  PIPELINE_LENGTHS.length + 1,
);

/** Requests with a Sync each, sent without waiting for the replies. */
const PIPELINED_SYNCS = steady('c_pipelined_syncs', 53, async (connection) => {
  const sql = 'SELECT n FROM counted.c_pipelined_syncs WHERE n = $1';
  await Promise.all(Array.from({ length: 53 }, (_, n) => connection.run(sql, [n])));
});

/** 25 rows, fetched ten at a time: three Execute messages make one execution. */
const SUSPENDED = steady('c_suspended', 23, (connection) =>
  repeat(23, () =>
    connection.exchange(
      parse('', 'SELECT n FROM counted.c_suspended'),
      bind('p', '', []),
      describePortal('p'),
      execute('p', 10),
      execute('p', 10),
      execute('p', 10),
      sync(),
    ),
  ),
);

const TRANSACTION = steady(
  'c_transaction',
  29,
  (connection) =>
    repeat(29, async (n) => {
      await connection.query('BEGIN');
      await connection.run('INSERT INTO counted.c_transaction VALUES ($1)', [n]);
      await connection.query('COMMIT');
    }),
  87,
);

/** Two statements in one string. */
const MULTI: Kind = {
  statements: [
    { marker: 'c_multi_insert', succeeded: 31, failed: 0 },
    { marker: 'c_multi_select', succeeded: 31, failed: 0 },
  ],
  requests: 31,
  run: (connection) =>
    repeat(31, (n) =>
      connection.query(`INSERT INTO counted.c_multi_insert VALUES (${n}); SELECT n FROM counted.c_multi_select`),
    ),
};

const FAILING_SIMPLE: Kind = {
  statements: [{ marker: 'c_failing_simple', succeeded: 0, failed: 17 }],
  requests: 17,
  run: (connection) => repeat(17, () => connection.exchange(query('SELECT 1 / (n - n) FROM counted.c_failing_simple'))),
};

/** Every third of 37 executions divides by zero. */
const FAILING_PREPARED: Kind = {
  statements: [{ marker: 'c_failing_prepared', succeeded: 24, failed: 13 }],
  requests: 38,
  run: async (connection) => {
    const sql = 'SELECT 1 / (n - n + $1) FROM counted.c_failing_prepared';
    await connection.prepare('c_failing', sql);
    await repeat(37, (n) => connection.exchange(bind('', 'c_failing', [n % 3]), execute(''), sync()));
  },
};

/** A pipeline stops at its first error: the third of five divides by zero, two are never executed. */
const FAILING_PIPELINE: Kind = {
  statements: [{ marker: 'c_failing_pipeline', succeeded: 14, failed: 7 }],
  requests: 8,
  run: async (connection) => {
    const sql = 'SELECT 1 / (n - n + $1) FROM counted.c_failing_pipeline';
    await connection.prepare('c_failing_pipeline', sql);
    await repeat(7, () => connection.pipeline([1, 2, 0, 3, 4].map((value) => ['c_failing_pipeline', [value]])));
  },
};

/** Text that does not parse is never executed; nor is the empty statement. */
const NEVER_EXECUTED: Kind = {
  statements: [{ marker: 'c_never_executed', succeeded: 0, failed: 0 }],
  requests: 26,
  run: async (connection) => {
    await repeat(19, () => connection.exchange(query('SELEC n FROM counted.c_never_executed')));
    await repeat(7, () => connection.exchange(query('')));
  },
};

const CANCELED: Kind = {
  statements: [{ marker: 'c_canceled', succeeded: 0, failed: 5 }],
  requests: 5,
  run: (connection) => repeat(5, () => cancelSleep(connection)),
};

/** A cancel that arrives before the statement starts is ignored: asks until the reply is there. */
async function cancelSleep(connection: Connection): Promise<void> {
  let replied = false;
  const reply = connection.exchange(query('SELECT pg_sleep(30) FROM counted.c_canceled')).then(() => {
    replied = true;
  });
  while (!replied) {
    await Promise.race([reply, sleep(30)]);
    if (!replied) await connection.cancel();
  }
}

/** A utility statement that sends many messages back. */
const COPY_OUT = steady('c_copy_out', 3, (connection) =>
  repeat(3, () => connection.query('COPY (SELECT n FROM counted.c_copy_out) TO STDOUT')),
);

export const KINDS: readonly Kind[] = [
  SIMPLE,
  SIMPLE_INSERT,
  EXTENDED,
  PREPARED,
  PARSED_APART,
  PARSED_AND_CLOSED,
  PIPELINE,
  PIPELINED_SYNCS,
  SUSPENDED,
  TRANSACTION,
  MULTI,
  FAILING_SIMPLE,
  FAILING_PREPARED,
  FAILING_PIPELINE,
  NEVER_EXECUTED,
  CANCELED,
  COPY_OUT,
];

/**
 * A table per statement, named after its marker, with the numbers 1 to 25: query ids tell statements apart by their tables,
 * not by the names of their columns.
 */
export const SETUP: readonly string[] = [
  'DROP SCHEMA IF EXISTS counted CASCADE',
  'CREATE SCHEMA counted',
  ...KINDS.flatMap((kind) => kind.statements).map(
    ({ marker }) => `CREATE TABLE counted.${marker} AS SELECT generate_series(1, 25) AS n`,
  ),
];
