/** For tests of the pages: an agent on a demo cluster of its own. */
import { LiveFeed } from '../../src/agent/index.ts';
import { startCluster } from '../../src/cluster/index.ts';
import { Attribution } from '../../src/collect/attribution/index.ts';
import { LiveServer } from '../../src/server/index.ts';
import { startDemo } from '../../src/workload/index.ts';

export interface LiveDemo {
  readonly link: string;
  /** Waits for the server that is watched to be gone, too. */
  close(): Promise<void>;
}

export async function startLiveDemo(): Promise<LiveDemo> {
  const cluster = await startCluster({ flavour: 'embedded' });
  const workload = await startDemo(cluster);
  const attribution = await Attribution.start({ pgdata: cluster.pgdata });
  const feed = new LiveFeed(attribution);
  const server = await LiveServer.listen({ feed });
  return {
    link: server.link,
    async close() {
      server.close();
      feed.close();
      attribution.close();
      await workload.stop();
      await cluster.stop();
    },
  };
}

/** Why the pages cannot be tested here; false when they can. */
export const noRoot: string | false = process.geteuid?.() === 0 ? false : 'watching PostgreSQL needs root';
