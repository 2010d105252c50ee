/** The short help of `pebble trace`, in the layout of bpftrace's. */
import type { OptionSpec } from '../options.ts';
import { TRACE_OPTIONS } from './options.ts';

export function usage(): string {
  const rows = Object.entries(TRACE_OPTIONS).map(([name, spec]) => [spelling(name, spec), spec.summary] as const);
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    'USAGE:',
    '    pebble trace [options] FILE [PARAMETER …]',
    '    pebble trace [options] - [PARAMETER …]     (the program comes from standard input)',
    "    pebble trace [options] -e 'PROGRAM' [PARAMETER …]",
    '',
    'OPTIONS:',
    ...rows.map(([left, summary]) => `    ${left.padEnd(width)}  ${summary}`),
    '',
    'EXAMPLES:',
    "    pebble trace -l '*sleep*'",
    '        list probes whose names contain "sleep"',
    "    pebble trace -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'",
    '        count system calls by process name, until Ctrl-C',
    '',
  ].join('\n');
}

function spelling(name: string, spec: OptionSpec): string {
  const long = spec.kind === 'flag' ? `--${name}` : `--${name} ${spec.value}`;
  return spec.short ? `-${spec.short}, ${long}` : `    ${long}`;
}
