/** A real ZooKeeper for tests of clusters: Debian's, in a temporary folder, on a free port of the loopback address. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './clickhouse-server.ts';

const JARS = '/usr/share/java';
export const WITHOUT_ZOOKEEPER: string | false =
  existsSync(`${JARS}/zookeeper.jar`) && existsSync('/usr/bin/java') ? false : 'zookeeper is not installed';

const PATIENCE_MS = 60_000;

export class ZooKeeper {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  static async start(): Promise<ZooKeeper> {
    const [port] = await freePorts(1);
    const keeper = new ZooKeeper(port!, mkdtempSync(join(tmpdir(), 'pebble-zookeeper-')));
    const until = performance.now() + PATIENCE_MS;
    while (!(await keeper.#answers())) {
      if (keeper.#process.exitCode !== null || performance.now() > until) {
        await keeper.close();
        throw new Error('ZooKeeper does not start');
      }
      await sleep(50);
    }
    return keeper;
  }

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    const options = ['-Xmx256m', '-Dzookeeper.admin.enableServer=false', '-cp', `${JARS}/*`];
    const main = 'org.apache.zookeeper.server.ZooKeeperServerMain';
    this.#process = spawn('java', [...options, main, String(port), folder], { stdio: 'ignore', cwd: folder });
  }

  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  }
}
