/** A tracer that stays: its start is paid once for all cases. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Some cases run one tracer beside another. */
const SERVERS = 2;

export interface Resident {
  /** Takes the place of `pebble trace`. */
  readonly command: string;
  close(): void;
}

export function startResident(): Resident {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-resident-'));
  const servers = Array.from({ length: SERVERS }, () => startServer(folder));
  return {
    command: `sh ${join(import.meta.dirname, 'client.sh')} ${folder}`,
    close: () => {
      rmSync(folder, { recursive: true, force: true });
      for (const server of servers) server.unref();
    },
  };
}

/** Streams to files write at once, whatever they are turned to later. */
function startServer(folder: string): ChildProcess {
  const nowhere = openSync('/dev/null', 'w');
  const script = join(import.meta.dirname, 'server.ts');
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, folder], {
    stdio: ['ignore', nowhere, nowhere],
  });
}
