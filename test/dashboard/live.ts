/** For tests of the pages: an agent on a demo cluster of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type LiveFeed, loadConfiguration } from '../../src/agent/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { LiveServer, type ServerOptions } from '../../src/server/index.ts';
import { startDemo } from '../../src/workload/index.ts';

export interface LiveDemo {
  /** Works once; then there is another one. */
  readonly link: string;
  readonly cluster: Cluster;
  readonly agent: Agent;
  readonly feed: LiveFeed;
  /** As in --store. */
  readonly store: string;
  /** Leaves what it stored. */
  closeAgent(): Promise<void>;
  /** Waits for the server that is watched to be gone, too. */
  close(): Promise<void>;
}

export async function startLiveDemo(options: Partial<ServerOptions> = {}): Promise<LiveDemo> {
  const cluster = await startCluster({ flavour: 'embedded' });
  const workload = await startDemo(cluster);
  const folder = mkdtempSync(join(tmpdir(), 'pebble-pages-'));
  const store = `sqlite:${join(folder, 'history.db')}`;
  const given = { pgdata: cluster.pgdata, store, flush_interval: '2s', connect: urlOf(cluster) };
  const agent = await Agent.start(loadConfiguration(undefined, { ...given, budget: 'none' }), fail);
  const server = await LiveServer.listen({
    feed: agent.feed,
    ...(agent.store && { history: agent.store }),
    ...options,
  });
  let closed: Promise<void> | undefined;
  const closeAgent = (): Promise<void> => {
    server.close();
    closed ??= agent.close();
    return closed;
  };
  return {
    get link() {
      return server.link;
    },
    cluster,
    agent,
    feed: agent.feed,
    store,
    closeAgent,
    async close() {
      await closeAgent();
      await workload.stop();
      await cluster.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

const urlOf = ({ port, socketDir, user }: Cluster): string =>
  `postgresql://${user}@localhost:${port}/postgres?host=${socketDir}`;

/** An agent that cannot do its work is a test that failed; on a busy machine it may have to connect again. */
function fail(error: unknown): void {
  if (!/timeout expired/.test(String(error))) throw error;
}

/** The cookie of a session that the printed link opens. */
export async function signIn(link: string): Promise<string> {
  const answer = await fetch(link, { redirect: 'manual' });
  return answer.headers.get('set-cookie')!.split(';')[0]!;
}

/** Why the pages cannot be tested here; false when they can. */
export const noRoot: string | false = process.geteuid?.() === 0 ? false : 'watching PostgreSQL needs root';
