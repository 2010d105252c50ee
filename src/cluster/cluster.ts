/** One throw-away cluster: initdb, start, restart, stop. */

import { execFile } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PebbleError } from '../base/errors.ts';
import { type Binaries, debianBinaries, embeddedBinaries, type Flavour } from './binaries.ts';
import { EMBEDDED_MAJOR } from './install.ts';
import { makeRunDir, sweepOrphans } from './rundir.ts';
import { Supervisor } from './supervisor.ts';
import { newDataDirectory } from './template.ts';
import { type Identity, spawnAs, unprivilegedUser } from './user.ts';

export interface ClusterOptions {
  readonly flavour: Flavour;
  /** Embedded: 18 unless given, others are downloaded once. Debian: the newest installed unless given. */
  readonly major?: number;
  /** postgresql.conf, over our own quick and small ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes the data directory in initdb's place: a standby's. */
  readonly makeData?: (directory: string) => Promise<void>;
}

export interface Cluster {
  readonly flavour: Flavour;
  readonly major: number;
  readonly binDir: string;
  readonly pgdata: string;
  readonly port: number;
  readonly socketDir: string;
  /** The superuser; local connections are trusted. */
  readonly user: string;
  readonly postmasterPid: number;
  /** The server log so far. */
  log(): string;
  /** Stops and starts the postmaster on the same data and port, with further settings. */
  restart(options?: { signal?: 'INT' | 'QUIT' | 'KILL'; settings?: Readonly<Record<string, string>> }): Promise<void>;
  /** Stops the postmaster and removes every file. */
  stop(): Promise<void>;
}

const SUPERUSER = 'postgres';
const START_TIMEOUT_MS = 60_000;

/** Durability is of no use to a cluster that is thrown away, except to those that watch it: fsync stays on. */
const DEFAULTS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  shared_buffers: '32MB',
  max_connections: '100',
  logging_collector: 'off',
};

const run = promisify(execFile);

/** Starts a new, empty cluster on a free port; sweeps what killed predecessors left. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  await sweepOrphans();
  const user = unprivilegedUser();
  const runDir = makeRunDir(user);
  try {
    const binaries = await binariesFor(options, runDir, user);
    const make = () => initdb(binaries, runDir, user);
    await (options.makeData?.(dataDir(runDir)) ?? newDataDirectory(binaries, user, dataDir(runDir), make));
    return await launch(binaries, runDir, user, options.settings ?? {});
  } catch (error) {
    rmSync(runDir, { recursive: true, force: true });
    throw error;
  }
}

function binariesFor(options: ClusterOptions, runDir: string, user: Identity): Promise<Binaries> | Binaries {
  if (options.flavour === 'debian') return debianBinaries(options.major);
  return embeddedBinaries(options.major ?? EMBEDDED_MAJOR, runDir, user);
}

async function initdb(binaries: Binaries, runDir: string, user: Identity): Promise<void> {
  const options = ['--no-sync', '--auth=trust', `--username=${SUPERUSER}`, '--encoding=UTF8', '--locale=C'];
  try {
    await run(join(binaries.binDir, 'initdb'), [...options, '-D', dataDir(runDir)], {
      ...spawnAs(user),
      cwd: runDir,
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
    });
  } catch (cause) {
    throw new PebbleError('io', {
      doing: `creating a PostgreSQL ${binaries.major} cluster in ${runDir} as ${user.name}`,
      what: cause instanceof Error ? cause.message.trim() : String(cause),
      cause,
    });
  }
}

async function launch(
  binaries: Binaries,
  runDir: string,
  user: Identity,
  settings: Readonly<Record<string, string>>,
): Promise<Cluster> {
  const port = await freePort();
  configure(runDir, { ...DEFAULTS, unix_socket_directories: runDir, port: String(port), ...settings });
  const supervisor = new Supervisor(runDir, join(binaries.binDir, 'postgres'), user);
  let postmasterPid = await startPostmaster(supervisor, runDir);
  return {
    ...binaries,
    pgdata: dataDir(runDir),
    port,
    socketDir: runDir,
    user: SUPERUSER,
    get postmasterPid() {
      return postmasterPid;
    },
    log: () => readLog(runDir),
    async restart({ signal = 'INT', settings: further = {} } = {}) {
      await supervisor.stop(signal);
      configure(runDir, further);
      postmasterPid = await startPostmaster(supervisor, runDir);
    },
    stop: () => supervisor.end(),
  };
}

async function startPostmaster(supervisor: Supervisor, runDir: string): Promise<number> {
  const pid = await supervisor.start();
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && isAlive(pid)) {
    if (isReady(runDir, pid)) return pid;
    await sleep(5);
  }
  const what = isAlive(pid) ? `not ready after ${START_TIMEOUT_MS / 1000} s` : 'the postmaster ended at once';
  const detail = readLog(runDir);
  await supervisor.end();
  throw new PebbleError('io', {
    doing: `starting PostgreSQL in ${runDir}`,
    what: `${what}: ${complaints(detail)}`,
    detail,
  });
}

/** What the log says after each "date time zone [pid] ", lines that are part of any start left out. */
function complaints(log: string): string {
  const lines = log.split('\n').map((line) => line.replace(/^[^[]*\[\d+\] /, ''));
  return lines.filter((line) => line !== '' && !/^LOG: +(starting|listening)/.test(line)).join('; ');
}

/** postmaster.pid: the first line is the pid, the eighth the state (src/include/utils/pidfile.h). */
function isReady(runDir: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(dataDir(runDir), 'postmaster.pid'), 'utf8').split('\n');
    return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/** A dead child of the supervisor stays a zombie until it is waited for, and a zombie takes signals: hence its state. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}

function configure(runDir: string, settings: Readonly<Record<string, string>>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
  appendFileSync(join(dataDir(runDir), 'postgresql.conf'), lines.join(''));
}

function readLog(runDir: string): string {
  try {
    return readFileSync(join(runDir, 'log'), 'utf8');
  } catch {
    return '';
  }
}

function dataDir(runDir: string): string {
  return join(runDir, 'data');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
