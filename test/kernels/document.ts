/** docs/kernels.md: which kernel does what, and what falls away. */
import type { AttributionResult } from './attribution.ts';
import type { Kernel } from './kernels.ts';
import { MATRIX } from './matrix/index.ts';
import { complaints, type Report } from './report.ts';
import type { ToolResult } from './tools.ts';

/** A column: the host, or a kernel of the table. */
export interface Column {
  readonly report: Report;
  readonly kernel?: Kernel;
}

export function document(columns: readonly Column[]): string {
  return `# Kernels

Written by \`npm run kernels\`: the matrix of test/kernels, run on this host and on Debian's kernels under QEMU.
Each row attaches its hook or makes its map, fires or fills it a known number of times, and compares the count.

${machines(columns)}

✓ works, where there are several ways with the one that was taken; – this kernel has no such thing, see below; ✗ failed.

${Object.entries(MATRIX)
  .map(([subject, rows]) =>
    matrix(
      subject,
      rows.map(({ name }) => name),
      columns,
    ),
  )
  .join('\n\n')}

${attribution(columns)}

${tools(columns)}

${suites(columns)}
${failures(columns)}
## What falls away

${columns.map(fallsAway).join('\n\n')}

## Again

    npm run kernels                                   # all of it, and this file
    npm run kernels -- --kernel 6.1                   # one column anew; "host" is the machine's own
    npm run kernels -- --kernel 6.1 --parts rows,features   # of it only these: attribution and suites take most of the time
    npm run kernels -- --kernel 6.1 -- COMMAND …      # any command of this repository there
    npm run kernels -- --kernel 6.1 --postgres -- node --test src/cluster/*.pg.test.ts

The last two take \`--timeout SECONDS\`. Kernels are the rows of test/kernels/kernels.ts, tests those of suites.ts.
Results are kept in test/kernels/generated, so that a column, or parts of it, can be measured alone: what the last run left out is of an earlier one.
This needs apt and dpkg (Debian), \`qemu-system-x86\` and \`qemu-system-arm\`; no root, no KVM. Packages are kept in
\`~/.cache/pebble-kernels\`, or where \`PEBBLE_KERNEL_CACHE\` says.
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function machines(columns: readonly Column[]): string {
  return table(
    ['', 'Kernel', 'Seconds of the last run, with boot', 'Last run'],
    columns.map(({ report }) => [report.name, report.release, report.seconds.toFixed(0), report.day]),
  );
}

function matrix(subject: string, rows: readonly string[], columns: readonly Column[]): string {
  const cells = rows.map((row) => [row, ...columns.map(({ report }) => cell(report, row))]);
  return `## ${subject}\n\n${table(['', ...columns.map(({ report }) => report.name)], cells)}`;
}

function cell(report: Report, name: string): string {
  const result = report.rows.find(({ row }) => row === name);
  if (result?.status === 'works') return result.how === undefined ? '✓' : `✓ ${result.how}`;
  return result?.status === 'absent' ? '–' : '✗';
}

/** Kernels on which nothing of the kind was tried have an empty cell. */
function attribution(columns: readonly Column[]): string {
  const results = columns.map(({ report }) => report.attribution?.[0]);
  const row = (name: string, of: (result: AttributionResult) => string) => [
    name,
    ...results.map((result) => (result === undefined ? '' : of(result))),
  ];
  const outOf = ({ seen, known }: AttributionResult['calls']) => `${seen} of ${known}`;
  const signals = Object.keys(results.find((result) => result !== undefined)?.signals ?? {});
  const rows = [
    row('requests are seen by, loops, processes in', ({ way }) => way),
    row('coverage', ({ coverage }) => coverage),
    row('requests, as the load knows them', ({ requests }) => outOf(requests)),
    row('calls, as pg_stat_statements counts them', ({ calls }) => outOf(calls)),
    row('statements whose calls are not marked inexact + marked + without a row', ({ exact, inexact, unnamed }) => {
      return `${exact} + ${inexact} + ${unnamed}`;
    }),
    row('rows whose text is known', ({ texts }) => outOf(texts)),
    row('requests on the application that sent them', ({ clients }) => (clients ? outOf(clients) : '')),
    row('transactions on the statement that ended each', ({ commits }) => (commits ? outOf(commits) : '')),
    row('with an event of their own', ({ fragments }) => fragments?.join(', ') ?? ''),
    ...signals.map((name) => row(`loads with ${name}`, ({ signals: all }) => (all[name] === null ? '✓' : '✗'))),
  ];
  const reasons = columns.flatMap(({ report }) => [
    ...(report.attribution?.[0]?.shortcoming ? [`- ${report.name}: ${report.attribution[0].shortcoming}`] : []),
    ...Object.entries(report.attribution?.[0]?.signals ?? {}).flatMap(([signal, why]) =>
      why === null ? [] : [`- ${report.name}, ${signal}: ${firstLine(why)}`],
    ),
  ]);
  const head = ['', ...columns.map(({ report }) => report.name)];
  return `## Attribution

Beside the counted load of src/workload, which executes statements in every way that the protocol has.

${[table(head, rows), ...reasons].join('\n\n')}`;
}

function tools(columns: readonly Column[]): string {
  const names = [...new Set(columns.flatMap(({ report }) => report.tools?.map(({ tool }) => tool) ?? []))].sort();
  const result = (report: Report, name: string) => report.tools?.find(({ tool }) => tool === name);
  const mark = (found: ToolResult | undefined) => (found === undefined ? '' : found.refused === null ? '✓' : '–');
  const cells = names.map((name) => [name, ...columns.map(({ report }) => mark(result(report, name)))]);
  const reasons = columns.flatMap(({ report }) =>
    (report.tools ?? []).flatMap(({ tool, refused }) =>
      refused === null ? [] : [`- ${report.name}, ${tool}: ${firstLine(refused)}`],
    ),
  );
  return `## Tools

✓ compiled, loaded and attached; – not, see below.

${table(['', ...columns.map(({ report }) => report.name)], cells)}

${reasons.join('\n')}`;
}

const firstLine = (text: string): string => text.split('\n')[0]!.slice(0, 200);

function suites(columns: readonly Column[]): string {
  const names = [...new Set(columns.flatMap(({ report }) => report.suites.map(({ name }) => name)))];
  const rows = names.map((name) => [name, ...columns.map(({ report }) => suiteCell(report, name))]);
  return `## Tests\n\nPassed + skipped.\n\n${table(['', ...columns.map(({ report }) => report.name)], rows)}\n`;
}

function suiteCell(report: Report, name: string): string {
  const suite = report.suites.find((candidate) => candidate.name === name);
  if (suite === undefined) return '✗';
  return `${suite.failures.length === 0 ? '✓' : `✗ ${suite.failures.length},`} ${suite.passed} + ${suite.skipped}`;
}

function failures(columns: readonly Column[]): string {
  const lines = columns.flatMap(({ report, kernel }) =>
    complaints(report, kernel).map((sentence) => `- ${report.name}: ${sentence}`),
  );
  return lines.length === 0 ? '' : `## Failures\n\n${lines.join('\n')}\n\n`;
}

/** Features that are not there, and rows that found another reason. */
function fallsAway({ report, kernel }: Column): string {
  const lacks: Partial<Record<string, string>> = kernel?.lacks ?? {};
  const features = report.features
    .filter(({ available }) => !available)
    .map(({ name, title, since, without, reason }) => {
      const why = lacks[name] ?? (kernel === undefined ? reason : undefined);
      return `- ${title} (Linux ${since}${why === undefined ? '' : `; ${why}`}): ${without}`;
    });
  const rows = report.rows.flatMap((result) =>
    result.status === 'absent' && result.feature === undefined ? [`- ${result.row}: ${result.reason}`] : [],
  );
  const lines = [...features, ...rows];
  return `### ${report.name}: ${report.release}\n\n${lines.length === 0 ? 'Nothing.' : lines.join('\n')}`;
}
