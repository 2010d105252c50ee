/** `npm run postgres -- [SERVER…] [FILE…]`: the tests of accuracy on every major of PostgreSQL, into the table of docs/compatibility.md. Slow. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
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

const HEAD = `| server | ${CHECKS.map(([title]) => title).join(' | ')} | Linux |
| --- | ${CHECKS.map(() => '---').join(' | ')} | --- |
`;
/** The document's only table of servers. */
const TABLE = /^\| server .*\n(?:\|.*\n)*/m;

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
  const rows = [...readFileSync(DOCUMENT, 'utf8').matchAll(/^\| ((?:embedded|debian) \d+) \| (.*) \|$/gm)];
  return new Map(rows.map(([, server, cells]) => [server!, cells!.split(' | ')]));
}

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
  writeFileSync(DOCUMENT, readFileSync(DOCUMENT, 'utf8').replace(TABLE, `${HEAD}${table}`));
}
