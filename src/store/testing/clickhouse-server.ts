/** A real ClickHouse of its own for tests: in a temporary folder, on free ports of the loopback address; it can be stopped, killed and started again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const WITHOUT_CLICKHOUSE: string | false =
  spawnSync('clickhouse-server', ['--help']).error !== undefined && 'clickhouse-server is not installed';

const PATIENCE_MS = 60_000;

export class ClickHouseServer {
  readonly #folder: string;
  readonly httpPort: number;
  #process: ChildProcess | undefined;

  /** It does not run yet. */
  static async make(): Promise<ClickHouseServer> {
    const folder = mkdtempSync(join(tmpdir(), 'pebble-clickhouse-'));
    const [http, tcp, interserver] = await freePorts(3);
    writeFileSync(
      join(folder, 'config.xml'),
      configuration(folder, { http: http!, tcp: tcp!, interserver: interserver! }),
    );
    writeFileSync(join(folder, 'users.xml'), USERS);
    mkdirSync(join(folder, 'data'));
    return new ClickHouseServer(folder, http!);
  }

  private constructor(folder: string, httpPort: number) {
    this.#folder = folder;
    this.httpPort = httpPort;
  }

  /** As --store takes it. */
  url(database: string): string {
    return `clickhouse://default@127.0.0.1:${this.httpPort}/${database}`;
  }

  async start(): Promise<void> {
    this.#process = spawn('clickhouse-server', [`--config-file=${join(this.#folder, 'config.xml')}`], {
      stdio: ['ignore', 'ignore', 'ignore'],
      cwd: this.#folder,
    });
    const until = performance.now() + PATIENCE_MS;
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null || performance.now() > until) {
        throw new Error(
          `clickhouse-server does not start: ${readFileSync(join(this.#folder, 'log'), 'utf8').slice(-2000)}`,
        );
      }
      await sleep(50);
    }
  }

  /** What was acknowledged is on disk, however it ends. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    await ended;
  }

  /** Rows as text, tabs between the columns. */
  async ask(sql: string): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${this.httpPort}/`, { method: 'POST', body: sql });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text.trimEnd();
  }

  async close(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }

  async #answers(): Promise<boolean> {
    return fetch(`http://127.0.0.1:${this.httpPort}/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

const configuration = (
  folder: string,
  ports: { readonly http: number; readonly tcp: number; readonly interserver: number },
): string => `<?xml version="1.0"?>
<yandex>
  <logger><level>warning</level><log>${folder}/log</log><errorlog>${folder}/errors</errorlog></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${ports.http}</http_port>
  <tcp_port>${ports.tcp}</tcp_port>
  <interserver_http_port>${ports.interserver}</interserver_http_port>
  <path>${folder}/data/</path>
  <tmp_path>${folder}/data/tmp/</tmp_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>50000000</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <timezone>UTC</timezone>
</yandex>
`;

const USERS = `<?xml version="1.0"?>
<yandex>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users>
    <default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
  </users>
</yandex>
`;

/** All open at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
