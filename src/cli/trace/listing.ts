/** `pebble trace -l`: probes that match a pattern, kernel types, or the probes of a program. */
import { formatDiagnostics } from '../../lang/diagnostics/index.ts';
import { PROBE_KINDS } from '../../lang/probes/index.ts';
import { type AttachPoint, parse } from '../../lang/syntax/index.ts';
import { Sink } from '../../tracer/index.ts';
import { type ListOptions, list, listProbes } from '../../tracer/list/index.ts';
import { requestHost } from './host.ts';
import type { TraceRequest } from './request.ts';

/** Prints the listing; the exit status. */
export function listing({ options, search, source, pid }: TraceRequest): number {
  const host = requestHost(options, { pid });
  const how: ListOptions = { host, verbose: options.verbose, ofProcess: pid !== undefined };
  if (search !== undefined) {
    if (/\./.test(search) && !/[:*]/.test(search)) {
      const warning = `It appears that '${search}' is a filename but the file does not exist. Treating '${search}' as a search pattern.`;
      process.stderr.write(`WARNING: ${warning}\n`);
    }
    return print(list(search, how));
  }
  const { program, diagnostics } = parse(source!);
  if (diagnostics.some(({ severity }) => severity === 'error')) {
    process.stderr.write(formatDiagnostics(diagnostics));
    return 1;
  }
  return print(program.probes.flatMap((probe) => probe.attachPoints.flatMap((point) => probesOf(point, how))));
}

function print(lines: readonly string[]): number {
  const sink = new Sink(1, 'full');
  for (const line of lines) sink.write(Buffer.from(`${line}\n`).toString('latin1'));
  sink.end();
  return 0;
}

/** Timers and counters are listed without their numbers; begin, end and self not at all. */
function probesOf({ parts }: AttachPoint, how: ListOptions): string[] {
  const [provider = '', first = ''] = parts;
  const kind = PROBE_KINDS.find(({ names }) => names.includes(provider) || names[0] === provider.toLowerCase());
  const name = kind?.names[0] ?? provider;
  if (name === 'begin' || name === 'end' || name === 'self') return [];
  if (['interval', 'profile', 'software', 'hardware'].includes(name)) return [`${name}:${first}:`];
  return listProbes([name, ...parts.slice(1)].join(':'), how);
}
