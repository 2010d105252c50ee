/** For tests of the pages: an agent on a demo cluster of its own. */
import { LiveFeed, startShown } from '../../src/agent/index.ts';
import { type Cluster, startCluster } from '../../src/cluster/index.ts';
import { LiveServer, type ServerOptions } from '../../src/server/index.ts';
import { startDemo } from '../../src/workload/index.ts';

export interface LiveDemo {
  /** Works once; then there is another one. */
  readonly link: string;
  readonly cluster: Cluster;
  readonly feed: LiveFeed;
  /** Waits for the server that is watched to be gone, too. */
  close(): Promise<void>;
}

export async function startLiveDemo(options: Partial<ServerOptions> = {}): Promise<LiveDemo> {
  const cluster = await startCluster({ flavour: 'embedded' });
  const workload = await startDemo(cluster);
  const watched = await startShown({ pgdata: cluster.pgdata });
  const feed = new LiveFeed(watched);
  const server = await LiveServer.listen({ feed, ...options });
  return {
    get link() {
      return server.link;
    },
    cluster,
    feed,
    async close() {
      server.close();
      feed.close();
      watched.attribution.close();
      await workload.stop();
      await cluster.stop();
    },
  };
}

/** The cookie of a session that the printed link opens. */
export async function signIn(link: string): Promise<string> {
  const answer = await fetch(link, { redirect: 'manual' });
  return answer.headers.get('set-cookie')!.split(';')[0]!;
}

/** Why the pages cannot be tested here; false when they can. */
export const noRoot: string | false = process.geteuid?.() === 0 ? false : 'watching PostgreSQL needs root';
