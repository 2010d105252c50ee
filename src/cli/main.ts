/** The program `pebble`: dispatches the command line, shows failures, and ends with the promised exit status. */
import { PebbleError } from '../base/errors.ts';
import { colorsWanted, dispatch } from './dispatch.ts';
import { interruptedStatus } from './interrupt.ts';
import { reportError } from './report-error.ts';

/** The launcher's compile cache is ours, not that of the programs we start. */
delete process.env.NODE_COMPILE_CACHE;

process.stdout.on('error', giveUp);

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
  if (stream.writableLength > 0) await new Promise<void>((resolve) => void stream.write('', () => resolve()));
}
if (process.stdout.errored) giveUp(process.stdout.errored);
process.exit(status);

/** `pebble queries --json | head`: a reader that has seen enough is no failure; a full disk is one. */
function giveUp(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(0);
  const { message: what } = error;
  const lost = new PebbleError('io', {
    doing: 'writing to standard output',
    what,
    hint: 'what was to be shown is lost',
  });
  process.exit(reportError(lost, { json: false, color: false }));
}
