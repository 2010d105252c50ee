/** This machine as a command line of `pebble trace` wants it asked. */
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

export const requestHost = (options: TraceOptions, { pid, cluster }: TracedProcess): CompileHost =>
  machineHost({
    ...(pid !== undefined && { pid }),
    target: postgresTarget(cluster),
    debugDirectories: options.debuginfo.flatMap((directories) => directories.split(':')).filter(Boolean),
  });
