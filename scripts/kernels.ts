/** `npm run kernels`: the matrix on this host and on others, into docs/kernels.md; or any command on one of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PebbleError } from '../src/base/errors.ts';
import { type Column, document } from '../test/kernels/document.ts';
import { HOST, keep, keptColumns } from '../test/kernels/kept.ts';
import { KERNELS, type Kernel } from '../test/kernels/kernels.ts';
import { runInMachine } from '../test/kernels/machine.ts';
import { complaints } from '../test/kernels/report.ts';
import { tryHost, tryKernel } from '../test/kernels/try-kernels.ts';

const DOCUMENT = join(import.meta.dirname, '../docs/kernels.md');
const USAGE = `usage: npm run kernels                      the matrix everywhere, written to docs/kernels.md
       npm run kernels -- --kernel NAME [--parts PART,…]
                                            the matrix there, and its column of docs/kernels.md; "host" is this one;
                                            parts are rows, features, attribution, suites
       npm run kernels -- --kernel NAME [--postgres] [--module NAME]… [--with PATH]… [--possible-cpus N]
                                            [--timeout SECONDS] -- COMMAND …
                                            any command of this repository there, beside files of this machine; exits as it does
kernels: ${[HOST, ...KERNELS.map(({ name }) => name)].join(' ')}`;

interface CommandOptions {
  readonly postgres: boolean;
  readonly modules: readonly string[];
  readonly others: readonly string[];
  readonly timeoutSeconds?: number;
  readonly possibleCpus?: number;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kernel: { type: 'string' },
      postgres: { type: 'boolean', default: false },
      parts: { type: 'string', default: '' },
      module: { type: 'string', multiple: true, default: [] },
      with: { type: 'string', multiple: true, default: [] },
      'possible-cpus': { type: 'string' },
      timeout: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    tell(USAGE);
    return 0;
  }
  if (positionals.length === 0)
    return tryOut(
      values.kernel === undefined ? [HOST, ...KERNELS] : [named(values.kernel)],
      values.parts.split(',').filter(Boolean),
    );
  const kernel = values.kernel === undefined ? undefined : named(values.kernel);
  if (kernel === undefined || kernel === HOST)
    throw new PebbleError('usage', { what: 'a command needs a --kernel of the table', hint: USAGE });
  const timeout = values.timeout === undefined ? {} : { timeoutSeconds: Number(values.timeout) };
  const cpus = values['possible-cpus'] === undefined ? {} : { possibleCpus: Number(values['possible-cpus']) };
  const { postgres, module: modules, with: others } = values;
  return runCommand(kernel, positionals, { postgres, modules, others, ...timeout, ...cpus });
}

function named(name: string): Kernel | typeof HOST {
  if (name === HOST) return name;
  const kernel = KERNELS.find((row) => row.name === name);
  if (kernel !== undefined) return kernel;
  throw new PebbleError('usage', { what: `there is no kernel "${name}"`, hint: USAGE });
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function runCommand(kernel: Kernel, command: readonly string[], options: CommandOptions): Promise<number> {
  const onLine = (line: string) => void process.stdout.write(`${line}\n`);
  const { status, release, totalSeconds } = await runInMachine(kernel, { command, onLine, ...options });
  tell(`Linux ${release}: exit status ${status} after ${totalSeconds} s`);
  return status;
}

/** Each result is kept: one kernel can be tried again without the others. */
async function tryOut(which: readonly (Kernel | typeof HOST)[], parts: readonly string[]): Promise<number> {
  let bad = false;
  for (const one of which) {
    const column = judged(one === HOST ? await tryHost(parts) : await tryKernel(one, parts, tell));
    bad ||= isBad(column);
    keep(column.report);
    writeFileSync(DOCUMENT, document(keptColumns()));
  }
  return bad ? 1 : 0;
}

/** Tells how it went while the other kernels are still to come. */
function judged(column: Column): Column {
  const { rows, name, release, seconds } = column.report;
  const count = (status: string) => rows.filter((row) => row.status === status).length;
  tell(`${name} (${release}): ${count('works')} work, ${count('absent')} absent, ${seconds.toFixed(0)} s`);
  for (const sentence of complaints(column.report, column.kernel)) tell(`  ${sentence}`);
  return column;
}

function isBad({ report, kernel }: Column): boolean {
  return complaints(report, kernel).length > 0;
}

// Ends the virtual machine with us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof PebbleError)) throw error;
  tell(`error: ${error.message}`);
  for (const [label, text] of Object.entries({ console: error.detail, hint: error.hint })) {
    if (text !== undefined) tell(`${label}: ${text}`);
  }
  process.exitCode = 1;
}
