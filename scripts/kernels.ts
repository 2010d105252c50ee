/** `npm run kernels`: runs a command of this repository on other kernels, in virtual machines. */
import { parseArgs } from 'node:util';
import { PebbleError } from '../src/base/errors.ts';
import { KERNELS, type Kernel } from '../test/kernels/kernels.ts';
import { runInMachine } from '../test/kernels/machine.ts';

const USAGE = `usage: npm run kernels -- --kernel NAME [--postgres] [--timeout SECONDS] -- COMMAND …
  runs the command in a virtual machine with this repository, and exits as it does
kernels: ${KERNELS.map(({ name }) => name).join(' ')}`;

function kernelNamed(name: string): Kernel {
  const kernel = KERNELS.find((row) => row.name === name);
  if (kernel !== undefined) return kernel;
  throw new PebbleError('usage', { what: `there is no kernel "${name}"`, hint: USAGE });
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { kernel: { type: 'string' }, postgres: { type: 'boolean' }, timeout: { type: 'string' } },
  });
  if (values.kernel === undefined || positionals.length === 0) throw new PebbleError('usage', { what: USAGE });
  const { status, release, totalSeconds } = await runInMachine(kernelNamed(values.kernel), {
    command: positionals,
    postgres: values.postgres ?? false,
    ...(values.timeout !== undefined && { timeoutSeconds: Number(values.timeout) }),
    onLine: (line) => void process.stdout.write(`${line}\n`),
  });
  process.stderr.write(`Linux ${release}: exit status ${status} after ${totalSeconds} s\n`);
  return status;
}

// Ends the virtual machine with us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof PebbleError)) throw error;
  process.stderr.write(`error: ${error.message}\n${error.detail ?? ''}${error.hint ? `hint: ${error.hint}\n` : ''}`);
  process.exitCode = 1;
}
