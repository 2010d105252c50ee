/** `pebble profile`: which code runs, or sleeps, for each query. */
import type { ProfileRow } from '../../api/index.ts';
import { PebbleError } from '../../base/errors.ts';
import { SAMPLE_NS } from '../../collect/attribution/index.ts';
import { toCollapsed, toPprof, toSpeedscope } from '../../export/profile/index.ts';
import { chooser, tellNothing } from '../choice.ts';
import type { Context, Exit } from '../command.ts';
import { type Measured, measure } from '../depth/measure.ts';
import { printHeader, printNdjson } from '../depth/print.ts';
import { printProfile } from '../depth/profile.ts';
import type { Parsed } from '../options.ts';
import type { PROFILE_OPTIONS } from '../table.ts';

type ProfileOptions = Parsed<typeof PROFILE_OPTIONS>['options'];

export async function run({ options }: Parsed<typeof PROFILE_OPTIONS>, context: Context): Promise<Exit> {
  if (options.output === 'pprof' && context.terminal) {
    throw new PebbleError('usage', {
      what: 'pprof is not text: the terminal would not like it',
      hint: 'send it to a file: `pebble profile -o pprof > cpu.pb`',
    });
  }
  if (options.interval !== undefined && (options.output === 'pprof' || options.output === 'speedscope')) {
    throw new PebbleError('usage', {
      what: `${options.output} is one document: --interval would make several`,
      hint: '`-o collapsed` and --json have a line a stack',
    });
  }
  const signals = [options['off-cpu'] ? ('off_cpu' as const) : ('profile' as const)];
  await measure(options, { signals, more: ['inner'] }, async (measured) => {
    const { attribution, window, isLast } = measured;
    const all = isLast ? await attribution.endProfile(window) : attribution.takeProfile(window);
    const rows = all.filter(chooser(options));
    tellNothing(rows, options);
    print(rows, options, measured, context);
  });
  return undefined;
}

function print(rows: readonly ProfileRow[], options: ProfileOptions, measured: Measured, context: Context): void {
  if (options.json) return printNdjson(rows);
  const { before, window } = measured;
  switch (options.output) {
    case 'collapsed':
      process.stdout.write(toCollapsed(rows));
      return;
    case 'speedscope':
      process.stdout.write(`${toSpeedscope(rows, `pebble profile, ${window.window_start}`)}\n`);
      return;
    case 'pprof': {
      const period = { startMs: before.wallMs, durationNs: window.window_us * 1000, periodNs: SAMPLE_NS };
      process.stdout.write(toPprof(rows, period));
      return;
    }
    default:
      printHeader(measured, rows);
      printProfile(rows, context);
  }
}
