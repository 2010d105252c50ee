/** Starts a workload in a process of its own, so that the observer's process has none of its work. It dies with us. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PebbleError } from '../base/errors.ts';
import type { CountedReport } from './counted/report.ts';

export interface WorkloadTarget {
  readonly socketDir: string;
  readonly port: number;
  readonly user: string;
  readonly database?: string;
}

export type Order =
  | { readonly kind: 'demo'; readonly target: WorkloadTarget }
  | { readonly kind: 'counted'; readonly target: WorkloadTarget; readonly sessions: number };

/** From the child: it runs; it has finished; it failed. */
export type Message =
  | { readonly kind: 'running' }
  | { readonly kind: 'report'; readonly report: CountedReport }
  | { readonly kind: 'failed'; readonly what: string };

export interface RunningWorkload {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Resolves when its tables are filled and its sessions start. */
export async function startDemo(target: WorkloadTarget): Promise<RunningWorkload> {
  const child = startChild({ kind: 'demo', target });
  await messageOf(child, 'running');
  child.unref();
  child.channel!.unref();
  return {
    pid: child.pid!,
    stop: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.ref();
      if (child.exitCode === null && child.signalCode === null) {
        child.disconnect();
        await gone;
      }
    },
  };
}

/** Runs the counted load to its end. */
export async function runCounted(target: WorkloadTarget, sessions = 1): Promise<CountedReport> {
  const child = startChild({ kind: 'counted', target, sessions });
  const { report } = await messageOf(child, 'report');
  child.disconnect();
  return report;
}

function startChild(order: Order): ChildProcess {
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), { execArgv: [] });
  child.send(order);
  return child;
}

function messageOf<Kind extends Message['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<Message, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new PebbleError('io', { doing: 'running the workload', what }));
    child.once('exit', (code, signal) => fail(`its process ended (${signal ?? code})`));
    child.on('message', (message: Message) => {
      if (message.kind === 'failed') fail(message.what);
      else if (message.kind === kind) resolve(message as Extract<Message, { kind: Kind }>);
    });
  });
}
