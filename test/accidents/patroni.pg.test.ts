/** Role changes by Patroni: a switchover, and a failover after the leader was killed. Long form only, with patroni and etcd-server installed. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRow } from '../../src/api/index.ts';
import { findDebianMajors } from '../../src/cluster/index.ts';
import { unprivilegedUser } from '../../src/cluster/user.ts';
import { Attribution, QueryRows } from '../../src/collect/attribution/index.ts';
import { Connection } from '../../src/postgres/client/index.ts';
import { TemporaryDirectory, UNABLE, until } from '../cli/pebble.ts';
import { LONG } from './accident.ts';

const MAJOR = findDebianMajors().at(-1);
const missing = ['/usr/bin/patroni', '/usr/bin/etcd'].find((path) => !existsSync(path));
const SKIP =
  UNABLE ||
  (!LONG && 'only in the long form: npm run accidents') ||
  (missing !== undefined && `${missing} is not installed`) ||
  (MAJOR === undefined && "Debian's PostgreSQL is not installed");
/** The least that Patroni takes: so long a dead leader keeps its key. */
const TTL_S = 20;
/** A watcher looks for new servers every second. */
const FOUND_MS = 3000;

interface Node {
  readonly name: string;
  readonly folder: string;
  readonly data: string;
  readonly port: number;
  readonly config: string;
  process?: ChildProcess;
}

describe('Patroni', { skip: SKIP }, () => {
  const folder = new TemporaryDirectory();
  const user = unprivilegedUser();
  const asUser = { uid: user.uid, gid: user.gid, cwd: folder.path };
  const children: ChildProcess[] = [];
  let nodes: readonly [Node, Node];
  let log = '';

  before(async () => {
    const [etcd, peer, ...ports] = await Promise.all(Array.from({ length: 6 }, freePort));
    const own = join(folder.path, 'etcd');
    mkdirSync(own, { mode: 0o700 });
    chownSync(own, user.uid, user.gid);
    start('/usr/bin/etcd', [
      ...['--data-dir', own, '--listen-client-urls', url(etcd!), '--advertise-client-urls', url(etcd!)],
      ...['--listen-peer-urls', url(peer!), '--initial-advertise-peer-urls', url(peer!)],
      ...['--initial-cluster', `default=${url(peer!)}`],
    ]);
    nodes = [makeNode('one', ports[0]!, ports[1]!, etcd!), makeNode('two', ports[2]!, ports[3]!, etcd!)];
    nodes[0].process = start('/usr/bin/patroni', [nodes[0].config]);
    await isLeader(nodes[0]);
    nodes[1].process = start('/usr/bin/patroni', [nodes[1].config]);
    await isStreaming();
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    // Postmasters are processes of their own.
    folder.remove();
  });

  function start(program: string, argv: readonly string[]): ChildProcess {
    const env = { PATH: `/usr/lib/postgresql/${MAJOR}/bin:/usr/bin:/bin`, HOME: folder.path, LC_ALL: 'C.UTF-8' };
    const child = spawn(program, argv, { ...asUser, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    children.push(child);
    return child;
  }

  function makeNode(name: string, port: number, rest: number, etcd: number): Node {
    const own = join(folder.path, name);
    mkdirSync(own, { mode: 0o755 });
    chownSync(own, user.uid, user.gid);
    const [data, config] = [join(own, 'data'), join(own, 'patroni.yml')];
    const settings = {
      scope: 'pebble',
      name,
      restapi: { listen: `127.0.0.1:${rest}`, connect_address: `127.0.0.1:${rest}` },
      etcd3: { host: `127.0.0.1:${etcd}` },
      bootstrap: {
        dcs: { ttl: TTL_S, loop_wait: 2, retry_timeout: 3, postgresql: { use_pg_rewind: true } },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, { auth: 'trust' }, 'data-checksums'],
        pg_hba: ['local all all trust', 'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
      },
      postgresql: {
        listen: `127.0.0.1:${port}`,
        connect_address: `127.0.0.1:${port}`,
        data_dir: data,
        bin_dir: `/usr/lib/postgresql/${MAJOR}/bin`,
        authentication: {
          superuser: { username: 'postgres' },
          replication: { username: 'replicator' },
          rewind: { username: 'postgres' },
        },
        parameters: { unix_socket_directories: own, shared_buffers: '16MB', fsync: false },
      },
    };
    // JSON is YAML.
    writeFileSync(config, JSON.stringify(settings));
    return { name, folder: own, data, port, config };
  }

  const connect = ({ folder: socketDir, port }: Node): Promise<Connection> =>
    Connection.open({ socketDir, port, user: 'postgres' });

  async function ask(node: Node, sql: string): Promise<string | undefined> {
    const session = await connect(node).catch(() => undefined);
    if (session === undefined) return undefined;
    try {
      return String((await session.query(sql))[0]!.rows[0]?.[0]);
    } catch {
      return undefined;
    } finally {
      await session.close().catch(() => undefined);
    }
  }

  const isLeader = (node: Node): Promise<void> =>
    until(
      `${node.name} leads: ${log.slice(-2000)}`,
      async () => (await ask(node, 'SELECT pg_is_in_recovery()')) === 'f',
    );
  const isStreaming = (): Promise<void> =>
    until('the other one follows', async () => {
      const answers = await Promise.all(
        nodes.map((node) => ask(node, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")),
      );
      return answers.includes('1');
    });

  async function load(node: Node, table: string, count: number): Promise<void> {
    const session = await connect(node);
    for (let n = 0; n < count; n++) await session.query(`SELECT FROM ${table}`);
    await session.close();
  }

  const callsOf = (rows: readonly QueryRow[], node: Node, table: string): number =>
    rows
      .filter(({ cluster, query }) => cluster === node.data && query === `SELECT FROM ${table}`)
      .reduce((sum, { calls }) => sum + calls, 0);

  test('whoever leads: every statement on its server, nothing lost, and no server harmed', async () => {
    const [one, two] = nodes;
    const session = await connect(one);
    for (const table of ['first', 'switched', 'follows', 'failed_over'])
      await session.query(`CREATE TABLE ${table} ()`);
    await session.close();
    const attribution = await Attribution.start({ pgdata: [one.data, two.data] });
    const look = setInterval(() => attribution.refresh(), 1000);
    try {
      const windows = new QueryRows(attribution.read());
      await load(one, 'first', 101);

      execFileSync(
        '/usr/bin/patronictl',
        ['-c', one.config, 'switchover', '--force', '--master', 'one', '--candidate', 'two', 'pebble'],
        { ...asUser, stdio: 'pipe', env: { ...process.env, LC_ALL: 'C.UTF-8', HOME: folder.path } },
      );
      await isLeader(two);
      await isStreaming();
      await sleep(FOUND_MS);
      await load(two, 'switched', 103);
      await load(one, 'follows', 107);

      const postmaster = Number(execFileSync('head', ['-1', join(two.data, 'postmaster.pid')], { encoding: 'utf8' }));
      two.process!.kill('SIGKILL');
      process.kill(postmaster, 'SIGKILL');
      await isLeader(one);
      await sleep(FOUND_MS);
      await load(one, 'failed_over', 109);

      await sleep(200);
      const rows = windows.advance(attribution.read());
      assert.deepEqual(
        [
          callsOf(rows, one, 'first'),
          callsOf(rows, two, 'switched'),
          callsOf(rows, one, 'follows'),
          callsOf(rows, one, 'failed_over'),
        ],
        [101, 103, 107, 109],
      );
      assert.deepEqual(new Set(rows.map(({ dropped }) => dropped)), new Set([0]));
      assert.doesNotMatch(log, /PANIC|terminated by signal (?!9)/);
    } finally {
      clearInterval(look);
      attribution.close();
    }
  });
});

const url = (port: number): string => `http://127.0.0.1:${port}`;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
