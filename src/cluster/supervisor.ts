/**
 * A shell beside each cluster that owns the postmaster and ends it when we end, however that happens: our death closes
 * the pipe that it reads its commands from.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { PebbleError } from '../base/errors.ts';
import { type Identity, spawnAs } from './user.ts';

/**
 * $1 run directory, $2 postgres. Commands: "start" answers the postmaster's pid, "stop SIGNAL" answers when it is gone.
 * End of input means that we are gone: immediate shutdown, remove everything.
 */
const SCRIPT = `
cd "$1"
pid=
while read -r command signal; do
  case $command in
    start) "$2" -D "$1/data" </dev/null >>"$1/log" 2>&1 & pid=$!; echo "$pid" ;;
    stop) kill "-$signal" "$pid"; wait "$pid"; pid=; echo stopped ;;
  esac
done
if [ -n "$pid" ]; then kill -QUIT "$pid"; wait "$pid"; fi
cd /
rm -rf "$1"
`;

export class Supervisor {
  readonly #shell: ChildProcess;
  readonly #answers: Interface;
  readonly #gone: Promise<void>;
  readonly #runDir: string;

  constructor(runDir: string, postgres: string, user: Identity) {
    this.#runDir = runDir;
    // Its own session: a Ctrl-C at the terminal must reach PostgreSQL through us, in order, and not directly.
    this.#shell = spawn('sh', ['-c', SCRIPT, 'pebble-supervisor', runDir, postgres], {
      ...spawnAs(user),
      cwd: runDir,
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    });
    this.#answers = createInterface({ input: this.#shell.stdout! });
    this.#gone = new Promise((resolve) => this.#shell.once('exit', () => resolve()));
    this.#unref();
  }

  async start(): Promise<number> {
    return Number(await this.#ask('start'));
  }

  /** SIGQUIT is PostgreSQL's immediate shutdown, SIGINT its fast one (with a checkpoint), SIGKILL a crash. */
  async stop(signal: 'INT' | 'QUIT' | 'KILL'): Promise<void> {
    await this.#ask(`stop ${signal}`);
  }

  /** Ends the shell, which ends the postmaster if it runs and removes the run directory. */
  async end(): Promise<void> {
    this.#shell.ref();
    this.#shell.stdin!.end();
    await this.#gone;
    this.#answers.close();
  }

  /** Only while an answer is awaited does a cluster keep its owner's event loop alive. */
  async #ask(command: string): Promise<string> {
    this.#shell.ref();
    (this.#shell.stdout as Socket).ref();
    const answer = new Promise<string>((resolve) => this.#answers.once('line', resolve));
    this.#shell.stdin!.write(`${command}\n`);
    const line = await Promise.race([answer, this.#gone]);
    this.#unref();
    if (line !== undefined) return line;
    throw new PebbleError('internal', {
      doing: command,
      what: `the supervisor of the cluster in ${this.#runDir} ended`,
    });
  }

  #unref(): void {
    this.#shell.unref();
    for (const stream of [this.#shell.stdin, this.#shell.stdout]) (stream as Socket).unref();
  }
}
