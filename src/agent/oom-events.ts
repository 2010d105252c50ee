/** Processes of PostgreSQL that the kernel has killed for want of memory, as events that say what they executed. */
import type { CatalogEvent } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import { formatBytes } from '../base/units.ts';
import type { Attribution, OomKill } from '../collect/attribution/index.ts';
import type { StoredRecord } from '../store/index.ts';

const LONGEST = 200;

export function oomEvents(host: string, attribution: Attribution): StoredRecord[] {
  return attribution.takeOomKills().flatMap((kill): StoredRecord[] => {
    const { atMs, pid } = kill;
    const cluster = attribution.cluster(kill.cluster)?.pgdata;
    if (cluster === undefined) return [];
    const body: CatalogEvent = { at: rfc3339(atMs), host, cluster, kind: 'oom_kill', what: sentenceOf(kill) };
    const [fromMs, toMs] = [Math.floor(atMs), Math.floor(atMs)];
    return [{ kind: 'event', host, cluster, id: `${fromMs} oom_kill ${pid}`, fromMs, toMs, body }];
  });
}

const sentenceOf = (kill: OomKill): string =>
  `the kernel killed process ${kill.pid} (${whatOf(kill)}), which had ${formatBytes(kill.bytes)} of private memory, for want of memory`;

function whatOf({ isPostmaster, doer }: OomKill): string {
  if (isPostmaster) return 'the postmaster';
  if (!doer) return 'what it executed is not known';
  const { identity, cluster } = doer;
  const type = cluster.backendTypes[identity.backendType] ?? 'a process of unknown kind';
  return identity.executes ? `${type}: ${(identity.query ?? '').replace(/\s+/g, ' ').slice(0, LONGEST)}` : type;
}
