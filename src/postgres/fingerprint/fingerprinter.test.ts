/** Fingerprints: what is the same statement, what may be shown, and that no text breaks them. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fingerprinter } from './index.ts';

let fingerprinter: Fingerprinter;
before(async () => {
  fingerprinter = await Fingerprinter.load();
});

const identify = (text: string) => fingerprinter.identify(text);

test('statements that differ in constants, blanks, comments and list lengths are one', () => {
  const same = [
    "SELECT * FROM t WHERE a = 1 AND b IN ('x')",
    "select *  from t where a = 77 and b in ('y', 'z', 'ü') -- who",
    '/* app */ SELECT * FROM t WHERE a = $1 AND b IN ($2)',
  ].map((text) => identify(text).fingerprint);
  assert.equal(new Set(same).size, 1);
  assert.notEqual(identify('SELECT * FROM t WHERE c = 1').fingerprint, same[0]);
});

test("a fingerprint is libpg_query's, as a signed decimal", () => {
  assert.equal(identify('select 1').fingerprint, BigInt.asIntN(64, 0x50fde20626009aban).toString());
  assert.match(identify('ALTER USER x PASSWORD $1').fingerprint, /^-\d+$/);
});

/** Text, and what is shown of it. */
const SHOWN = [
  ["SELECT 'a', 2, $1, E'b\\'c', $$d$$, 1.5, x'1F', -5", 'SELECT $2, $3, $1, $4, $5, $6, $7, -$8'],
  ["select é, 'ü' from ñ /* 'secret' */ where x = 1 -- secret", 'select é, $1 from ñ  where x = $2'],
  ['select x::varchar(30), cast(y as numeric(10,2)), f(3)', 'select x::varchar(30), cast(y as numeric(10,2)), f($1)'],
  ["ALTER USER x PASSWORD 'secret'", 'ALTER USER x PASSWORD $1'],
  ["CREATE ROLE r LOGIN PASSWORD 'secret' VALID UNTIL '2030-01-01'", 'CREATE ROLE r LOGIN PASSWORD $1 VALID UNTIL $2'],
  [
    "CREATE USER MAPPING FOR u SERVER s OPTIONS (password 'secret')",
    'CREATE USER MAPPING FOR u SERVER s OPTIONS (password $1)',
  ],
  [
    "CREATE SUBSCRIPTION s CONNECTION 'password=secret' PUBLICATION p",
    'CREATE SUBSCRIPTION s CONNECTION $1 PUBLICATION p',
  ],
  ["COPY t FROM PROGRAM 'curl secret'", 'COPY t FROM PROGRAM $1'],
  ["EXECUTE p('secret', 4711)", 'EXECUTE p($1, $2)'],
  ["CREATE TABLE t (c text DEFAULT 'secret')", 'CREATE TABLE t (c text DEFAULT $1)'],
  ["DO $$ BEGIN PERFORM 'secret'; END $$", 'DO $1'],
  ["SET my.secret = 'secret'", 'SET my.secret = $1'],
  ['SELECT 1; SELECT 2', 'SELECT $1; SELECT $2'],
  ['SELECT "it\'s" FROM "T"', 'SELECT "it\'s" FROM "T"'],
  ["select 'unterminated secret", '<SELECT, does not parse>'],
  ['  (select secret from secrets where', '<SELECT, does not parse>'],
  ['START_REPLICATION SLOT "secret" 0/3000000 TIMELINE 1', '<START_REPLICATION>'],
  ['secret', '<does not parse>'],
  ['', '<no statement>'],
] as const;

test('what is shown has no constants and no comments', () => {
  for (const [text, shown] of SHOWN) assert.equal(identify(text).query, shown);
});

test('text that does not parse is grouped without its constants', () => {
  const cut = (id: number) => identify(`SELECT * FROM orders WHERE id IN (${id}, 5) AND name = 'x${id}`);
  assert.equal(cut(1).fingerprint, cut(22).fingerprint);
  assert.equal(cut(1).parsed, false);
  assert.notEqual(cut(1).fingerprint, identify("SELECT * FROM items WHERE id IN (1) AND name = 'x").fingerprint);
});

/** Each once took a parser, a regular expression or a terminal down somewhere. */
const HOSTILE = [
  '\0',
  'select \0 1',
  '\ud800',
  "select '\ud800'",
  '$'.repeat(50_000),
  "'".repeat(50_001),
  '/*'.repeat(40_000),
  `select ${'('.repeat(50_000)}`,
  `select ${'1+'.repeat(40_000)}1`,
  `select 1${'::int'.repeat(19_000)}`,
  `select ${'- '.repeat(40_000)}1`,
  `select 1 ${'union select 1 '.repeat(6_000)}`,
  `select '${'x'.repeat(2_000_000)}'`,
  'select $99999999999999999999',
  '\x1b]0;title\x07select 1',
  '\\'.repeat(50_000),
];

test('hostile text neither throws nor takes long nor spoils what follows', () => {
  for (const text of HOSTILE) {
    const start = performance.now();
    assert.match(identify(text).fingerprint, /^-?\d+$/);
    const ms = performance.now() - start;
    assert.ok(ms < 5_000, `${ms.toFixed(0)} ms for ${text.slice(0, 20)}…`);
    assert.equal(identify('select 1').query, 'select $1');
  }
});

test('an overflow of the parser costs one second of it, not the process', async () => {
  const fresh = await Fingerprinter.load();
  const deep = (): number => {
    try {
      return deep();
    } catch {
      return Number(fresh.identify('select 1, 2, 3').parsed); // with next to no stack left
    }
  };
  deep();
  await sleep(1_200);
  assert.equal(fresh.identify('select 1 where true').parsed, true);
});

test('texts that differ in constants only are parsed once', () => {
  const text = (n: number) =>
    `select ${'c, '.repeat(100)} ${n}, 'it''s' /* /* ${n} */ */ from "T" where d = $q$${n}$q$`;
  const first = identify(text(0));
  // Of this thread's time on a CPU: others may use the machine meanwhile.
  const before = process.threadCpuUsage();
  for (let n = 1; n <= 1_000; n++) assert.equal(identify(text(n)), first);
  const { user, system } = process.threadCpuUsage(before);
  const us = (user + system) / 1000;
  assert.ok(us < 1_000, `${us.toFixed(0)} µs each`);
});

test('a skeleton tells apart what PostgreSQL tells apart', () => {
  const different = [
    "select 'c:\\', a, 'x'",
    "select 'c:\\', b, 'x'",
    'select "A"',
    'select "a"',
    "select 'a",
    "select 'a'",
  ];
  assert.equal(new Set(different.map((text) => identify(text).fingerprint)).size, different.length);
});

test('the caches keep to their budget', () => {
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 10_000; n++) identify(`${'x'.repeat(1_000)} "${n}`);
  assert.ok(process.memoryUsage().heapUsed - before < 60e6);
});
