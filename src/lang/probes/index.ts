/** The table of probe kinds, and how an attach point finds its kind. */

import { bench, testProbe } from './bench.ts';
import { fentry, fexit } from './fentry.ts';
import { iter } from './iter.ts';
import { kprobe, kretprobe } from './kernel-function.ts';
import type { ProbeKind } from './kind.ts';
import { hardware, software } from './perf-event.ts';
import { rawtracepoint } from './rawtracepoint.ts';
import { begin, end, self } from './special.ts';
import { interval, profile } from './timed.ts';
import { tracepoint } from './tracepoint.ts';
import { usdt } from './usdt.ts';
import { uprobe, uretprobe } from './user.ts';
import { watchpoint } from './watchpoint.ts';

export type * from './kind.ts';
export type { UsdtArgument } from './usdt-arguments.ts';

export const PROBE_KINDS: readonly ProbeKind[] = [
  begin,
  end,
  self,
  kprobe,
  kretprobe,
  fentry,
  fexit,
  tracepoint,
  rawtracepoint,
  uprobe,
  uretprobe,
  usdt,
  profile,
  interval,
  software,
  hardware,
  watchpoint,
  iter,
  bench,
  testProbe,
];

export function findProbeKind(name: string): ProbeKind | undefined {
  return (
    PROBE_KINDS.find((kind) => kind.names.includes(name)) ??
    PROBE_KINDS.find((kind) => kind.names[0] === name.toLowerCase())
  );
}
