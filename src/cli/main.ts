/** The program `pebble`: dispatches the command line, shows failures, and ends with the promised exit status. */
import { colorsWanted, dispatch } from './dispatch.ts';
import { interruptedStatus } from './interrupt.ts';
import { reportError } from './report-error.ts';

/** The launcher's compile cache is ours, not that of the programs we start. */
delete process.env.NODE_COMPILE_CACHE;

/** `pebble queries --json | head`: a reader that has seen enough is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const argv = process.argv.slice(2);
let status: number;
try {
  status = (await dispatch(argv)) ?? interruptedStatus() ?? 0;
} catch (error) {
  const color = process.stderr.isTTY === true && colorsWanted() && !argv.includes('--no-color');
  status = reportError(error, { json: argv.includes('--json'), color });
}
// What a slow reader has not taken yet waits in this process.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => void stream.write('', () => resolve()));
}
process.exit(status);
