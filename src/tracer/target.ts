/** The process that -p names or -c starts: tracing ends when it does. */
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { PebbleError } from '../base/errors.ts';

export interface Target {
  readonly pid: number;
  /** Lets a started command begin. */
  release(): void;
  alive(): boolean;
  /** Is told when a started command ends; others have to be asked. */
  onEnd(callback: () => void): void;
  /** Ends a started command; processes that were there before are left alone. */
  terminate(): Promise<void>;
}

export function watchProcess(pid: number): Target {
  if (!existsSync(`/proc/${pid}`)) {
    throw new PebbleError('no-target', { doing: `tracing process ${pid}`, what: 'there is no such process' });
  }
  return {
    pid,
    release: () => {},
    alive: () => existsSync(`/proc/${pid}`),
    onEnd: () => {},
    terminate: async () => {},
  };
}

/**
 * Waits for a line on descriptor 3, then becomes the command: its process id is known, and nothing of it runs
 * before the probes are attached. When the tracer dies first, the line never comes and neither does the command.
 */
const SHIM = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"';

/** Words are split at single spaces, without quoting, as bpftrace splits them. */
export function startCommand(command: string): Target {
  const words = command.split(' ');
  if (!findExecutable(words[0]!)) {
    throw new PebbleError('no-target', {
      what: `Failed to fork child: Path '${words[0]}' does not exist or is not executable (No such file or directory)`,
    });
  }
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn('/bin/sh', ['-c', SHIM, 'pebble', ...words], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const gate = child.stdio[3] as Writable;
  gate.on('error', () => {});
  return {
    pid: child.pid!,
    release: () => gate.end('\n'),
    alive: () => !hasEnded(child),
    onEnd: (callback) => void child.once('exit', callback),
    terminate: async () => {
      if (hasEnded(child)) return;
      gate.destroy();
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

function findExecutable(name: string): string | undefined {
  const folders = name.includes('/') ? [] : (process.env.PATH ?? '').split(':');
  return [name, ...folders.map((folder) => `${folder}/${name}`)].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
