/**
 * `server.ts FOLDER`: runs requests of client.sh one after another in this process, until the folder is gone. An emulated machine
 * takes half a minute to start the tracer, and a second to run a script.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runUntil } from '../../../src/cli/commands/trace.ts';

const POLL_MS = 50;
const folder = process.argv[2]!;
let stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());

while (existsSync(folder)) {
  const request = readdirSync(folder).find((name) => existsSync(join(folder, name, 'ready')));
  if (request === undefined) await sleep(POLL_MS);
  else if (take(join(folder, request))) await serve(join(folder, request));
}

/** Of two servers one takes it. */
function take(request: string): boolean {
  try {
    renameSync(join(request, 'ready'), join(request, 'taken'));
    return true;
  } catch {
    return false;
  }
}

async function serve(request: string): Promise<void> {
  const [cwd, ...argv] = fields(join(request, 'arguments'));
  process.chdir(cwd!);
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const pair of fields(join(request, 'environment')))
    process.env[pair.split('=', 1)[0]!] = pair.replace(/^[^=]*=/, '');
  stop = new AbortController();
  writeFileSync(join(request, 'server'), `${process.pid}`);
  redirect(join(request, 'out'), join(request, 'err'));
  let status = 1;
  try {
    status = (await runUntil(argv, { terminal: false, color: false }, () => stop.signal)) ?? 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).stack}\n`);
  }
  redirect('/dev/null', '/dev/null');
  // The client reads it as soon as it is there.
  writeFileSync(join(request, 'ended'), `${status}`);
  renameSync(join(request, 'ended'), join(request, 'status'));
}

function fields(path: string): string[] {
  return readFileSync(path, 'utf8').split('\0').slice(0, -1);
}

/** The lowest number that is free is what a file gets: where the streams of this process write, and programs that it starts. */
function redirect(out: string, err: string): void {
  for (const [fd, path] of [
    [1, out],
    [2, err],
  ] as const) {
    closeSync(fd);
    openSync(path, 'w');
  }
}
