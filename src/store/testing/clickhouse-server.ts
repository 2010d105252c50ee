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
    const [server] = await ClickHouseServer.makeNodes(1);
    return server!;
  }

  /** Nodes of one cluster, each a shard; what they agree on is kept by the ZooKeeper at this port. */
  static async makeNodes(count: number, keeper?: number): Promise<ClickHouseServer[]> {
    const ports = await freePorts(3 * count);
    const nodes = Array.from({ length: count }, (_, at) => {
      const [http, tcp, interserver] = ports.slice(3 * at, 3 * at + 3) as [number, number, number];
      return { http, tcp, interserver };
    });
    return nodes.map((own, at) => {
      const folder = mkdtempSync(join(tmpdir(), 'pebble-clickhouse-'));
      const more = keeper === undefined ? '' : clusterOf(nodes, at, keeper);
      writeFileSync(join(folder, 'config.xml'), configuration(folder, own, more));
      writeFileSync(join(folder, 'users.xml'), USERS);
      mkdirSync(join(folder, 'data'));
      return new ClickHouseServer(folder, own.http);
    });
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

interface Ports {
  readonly http: number;
  readonly tcp: number;
  readonly interserver: number;
}

export const CLUSTER = 'fleet';

const clusterOf = (nodes: readonly Ports[], at: number, keeper: number): string => `
  <remote_servers><${CLUSTER}>${nodes
    .map(({ tcp }) => `<shard><replica><host>127.0.0.1</host><port>${tcp}</port></replica></shard>`)
    .join('')}</${CLUSTER}></remote_servers>
  <zookeeper><node index="1"><host>127.0.0.1</host><port>${keeper}</port></node></zookeeper>
  <macros><shard>${at + 1}</shard><replica>node${at + 1}</replica></macros>
  <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
  <interserver_http_host>127.0.0.1</interserver_http_host>`;

const configuration = (folder: string, ports: Ports, more: string): string => `<?xml version="1.0"?>
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
  <timezone>UTC</timezone>${more}
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
export async function freePorts(count: number): Promise<number[]> {
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
