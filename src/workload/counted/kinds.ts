/** The ways to execute a statement, each a prime number of times. One entry each: what it does and what it must count. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, frontend } from '../../postgres/client/index.ts';
import type { CountedStatement } from './report.ts';

export interface Kind {
  readonly statements: readonly CountedStatement[];
  readonly requests: number;
  run(connection: Connection): Promise<void>;
}

const { parse, bind, execute, describePortal, closeStatement, sync, query, functionCall } = frontend;

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

/** Answers and tags of all lengths: none to 25 rows of 400 bytes, where the server sends what its buffer of 8 KB cannot hold. */
const ANSWERS = steady(
  'c_answers',
  89,
  async (connection) => {
    await connection.prepare('c_answers', "SELECT repeat('C', 400) FROM counted.c_answers WHERE n <= $1");
    await repeat(89, (n) => connection.execute('c_answers', [n % 26]));
  },
  90,
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

/** Statements of all kinds under one Sync: prepared with a name, parsed among the others, executed twice. */
const MIXED_PIPELINE: Kind = {
  statements: [
    { marker: 'c_mixed_named', succeeded: 26, failed: 0 },
    { marker: 'c_mixed_other', succeeded: 13, failed: 0 },
    { marker: 'c_mixed_parsed', succeeded: 13, failed: 0 },
  ],
  requests: 15,
  run: async (connection) => {
    await connection.prepare('c_mixed_named', 'SELECT n FROM counted.c_mixed_named WHERE n = $1');
    await connection.prepare('c_mixed_other', 'SELECT n FROM counted.c_mixed_other WHERE n = $1');
    const step = (name: string, value: number) => [bind('', name, [value]), execute('')];
    const parsed = [parse('', 'SELECT n FROM counted.c_mixed_parsed'), ...[bind('', '', []), execute('')]];
    const steps = [...step('c_mixed_named', 1), ...step('c_mixed_other', 2), ...parsed, ...step('c_mixed_named', 3)];
    await repeat(13, () => connection.exchange(...steps, sync()));
  },
};

/** The second of three statements fails, the third is skipped; the round trips overlap. */
const FAILING_MIX: Kind = {
  statements: [
    { marker: 'c_failing_first', succeeded: 11, failed: 0 },
    { marker: 'c_failing_second', succeeded: 0, failed: 11 },
    { marker: 'c_failing_third', succeeded: 0, failed: 0 },
  ],
  requests: 11,
  run: async (connection) => {
    const step = (sql: string) => [parse('', sql), bind('', '', []), execute('')];
    const steps = [
      ...step('SELECT n FROM counted.c_failing_first'),
      ...step('SELECT 1 / (n - n) FROM counted.c_failing_second'),
      ...step('SELECT n FROM counted.c_failing_third'),
    ];
    await Promise.all(Array.from({ length: 11 }, () => connection.exchange(...steps, sync())));
  },
};

/** More than the server's buffer of 8 KB holds: it arrives in pieces that end anywhere. */
const LONG_PIPELINE: Kind = {
  statements: [
    { marker: 'c_long_odd', succeeded: 498, failed: 0 },
    { marker: 'c_long_even', succeeded: 499, failed: 0 },
  ],
  requests: 3,
  run: async (connection) => {
    await connection.prepare('c_long_odd', 'SELECT n FROM counted.c_long_odd WHERE n = $1');
    await connection.prepare('c_long_even', 'SELECT n FROM counted.c_long_even WHERE n = $1');
    const steps = Array.from({ length: 997 }, (_, n) => [n % 2 ? 'c_long_odd' : 'c_long_even', [n]] as const);
    await connection.pipeline(steps);
  },
};

/** A portal that is fetched from in round trips of their own, to its end or not: one execution. */
const FETCHED: Kind = {
  statements: [
    { marker: 'c_fetched_whole', succeeded: 7, failed: 0 },
    { marker: 'c_fetched_in_part', succeeded: 7, failed: 0 },
  ],
  requests: 49,
  run: (connection) =>
    repeat(7, async () => {
      const open = (table: string) =>
        connection.exchange(
          parse('', `SELECT n FROM counted.${table}`),
          bind(table, '', []),
          execute(table, 10),
          sync(),
        );
      await connection.query('BEGIN');
      await open('c_fetched_whole');
      await open('c_fetched_in_part');
      for (const table of ['c_fetched_whole', 'c_fetched_in_part', 'c_fetched_whole']) {
        await connection.exchange(execute(table, table.endsWith('part') ? 5 : 10), sync());
      }
      await connection.query('COMMIT');
    }),
};

/** As an object-relational mapper talks: a savepoint around each change, everything parsed anew. */
const MAPPED: Kind = {
  statements: [
    { marker: 'c_mapped_insert', succeeded: 19, failed: 0 },
    { marker: 'c_mapped_select', succeeded: 19, failed: 0 },
    { marker: 'c_mapped_failing', succeeded: 0, failed: 19 },
  ],
  requests: 171,
  run: (connection) =>
    repeat(19, async (n) => {
      await connection.run('BEGIN');
      await connection.run('SAVEPOINT c_mapped');
      await connection.run('INSERT INTO counted.c_mapped_insert VALUES ($1)', [n]);
      await connection.run('RELEASE SAVEPOINT c_mapped');
      await connection.run('SELECT n FROM counted.c_mapped_select WHERE n = $1', [n]);
      await connection.run('SAVEPOINT c_mapped');
      await connection.run('SELECT 1 / (n - n) FROM counted.c_mapped_failing').catch(() => undefined);
      await connection.run('ROLLBACK TO SAVEPOINT c_mapped');
      await connection.run('COMMIT');
    }),
};

/** An error ends the string: its third statement is not executed. */
const FAILING_MULTI: Kind = {
  statements: [
    { marker: 'c_multi_first', succeeded: 7, failed: 0 },
    { marker: 'c_multi_failing', succeeded: 0, failed: 7 },
    { marker: 'c_multi_never', succeeded: 0, failed: 0 },
  ],
  requests: 7,
  run: (connection) => {
    const first = 'SELECT n FROM counted.c_multi_first';
    const failing = 'SELECT 1 / (n - n) FROM counted.c_multi_failing';
    const never = 'SELECT n FROM counted.c_multi_never';
    return repeat(7, () => connection.exchange(query(`${first}; ${failing}; ${never}`)));
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

/** 5,003 rows in messages of their own: more than the server's buffer holds. */
const COPY_IN: Kind = {
  statements: [
    { marker: 'c_copy_in', succeeded: 3, failed: 0 },
    { marker: 'c_copy_in_failing', succeeded: 0, failed: 5 },
  ],
  requests: 8,
  run: async (connection) => {
    const rows = Array.from({ length: 5003 }, (_, n) => `${n}\n`);
    await repeat(3, () => connection.copyIn('COPY counted.c_copy_in FROM STDIN', rows));
    await repeat(5, () => connection.exchange(query('COPY counted.c_copy_in_failing FROM STDIN')));
  },
};

/** pg_catalog.int4abs (src/include/catalog/pg_proc.dat), without a statement: nothing counts it as one. */
export const CALLED_FUNCTION = { oid: 1397, succeeded: 13, failed: 2 } as const;
const FUNCTION_CALL: Kind = {
  statements: [],
  requests: 15,
  run: async (connection) => {
    const { oid, succeeded, failed } = CALLED_FUNCTION;
    await repeat(succeeded, (n) => connection.exchange(functionCall(oid, [String(-n)])));
    await repeat(failed, () => connection.exchange(functionCall(oid, ['none'])));
  },
};

export const KINDS: readonly Kind[] = [
  SIMPLE,
  SIMPLE_INSERT,
  EXTENDED,
  PREPARED,
  ANSWERS,
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
  MIXED_PIPELINE,
  FAILING_MIX,
  LONG_PIPELINE,
  FETCHED,
  MAPPED,
  FAILING_MULTI,
  COPY_IN,
  FUNCTION_CALL,
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
