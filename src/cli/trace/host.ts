/** This machine as a command line of `pebble trace` wants it asked. */

import { PebbleError } from '../../base/errors.ts';
import type { CompileHost } from '../../lang/host.ts';
import { type ClusterChoice, postgresTarget } from '../../postgres/tracing/index.ts';
import { machineHost } from '../../tracer/host/index.ts';
import type { TraceOptions } from './request.ts';

export interface TracedProcess {
  /** Of -p and -c: binaries are looked for in its file system. */
  readonly pid?: number | undefined;
  /** The PostgreSQL server that `pg` means. */
  readonly cluster?: ClusterChoice;
}

export function requestHost(options: TraceOptions, { pid, cluster }: TracedProcess): CompileHost {
  const host = machineHost({
    ...(pid !== undefined && { pid }),
    target: postgresTarget(cluster),
    debugDirectories: options.debuginfo.flatMap((directories) => directories.split(':')).filter(Boolean),
    ...(options['traceable-functions'] !== undefined && { traceableFunctions: options['traceable-functions'] }),
  });
  const without = switchedOff(options['no-feature'].flatMap((names) => names.split(',')));
  return {
    ...host,
    canHook: (way) => !without.has(way) && host.canHook!(way),
    features: { ...host.features, ...(without.has('uprobe_multi') && { uprobeMulti: false }) },
  };
}

/** The link kinds that can be switched off. */
function switchedOff(names: readonly string[]): ReadonlySet<string> {
  const unknown = names.find((name) => !SWITCHES.includes(name));
  if (unknown === undefined) return new Set(names);
  throw new PebbleError('usage', { what: `USAGE: Invalid feature: ${unknown} (valid are ${SWITCHES.join(', ')})` });
}

const SWITCHES = ['uprobe_multi', 'kprobe_multi', 'kprobe_session'];
