/** What all findings come to: the attribution is loaded, attached to nothing, and let go again; or the reason why not. */
import { PebbleError } from '../../base/errors.ts';
import { capabilities } from '../../bpf/features/index.ts';
import { type AttributionPlan, planAttribution } from '../../collect/attribution/index.ts';
import { discoverClusters } from '../../postgres/discover/index.ts';

export interface Verdict {
  /** Every event; all but what `reason` says; samples only; or nothing of PostgreSQL at all. */
  readonly level: 'exact' | 'partial' | 'sampled' | 'nothing';
  readonly reason: string;
  /** What to do now. */
  readonly next: string;
  readonly clusters: AttributionPlan['clusters'];
}

export async function judge(): Promise<Verdict> {
  try {
    return judgePlan(await planAttribution({ signals: ['locks', 'io', 'executions'] }));
  } catch (error) {
    if (!(error instanceof PebbleError)) throw error;
    return judgeFailure(error);
  }
}

function judgePlan({ clusters, shortcoming }: AttributionPlan): Verdict {
  const watched = clusters.filter(({ refused }) => refused === null);
  const next =
    watched.length > 0
      ? '`sudo pebble top` looks; `sudo pebble agent --dry-run` says what an agent would do and cost'
      : clusters.length > 0
        ? 'report which build of PostgreSQL this is: Pebble does not guess where it keeps what'
        : 'start PostgreSQL, or `sudo pebble demo`, which brings one of its own';
  const refused = clusters.length - watched.length;
  const but = [
    ...(shortcoming === null ? [] : [shortcoming]),
    ...(refused > 0 ? [`${refused} of ${clusters.length} servers are of a build that is not understood`] : []),
  ];
  if (but.length > 0) return { level: 'partial', reason: but.join('; '), next, clusters };
  return { level: 'exact', reason: 'every request of PostgreSQL on this host can be counted', next, clusters };
}

const NECESSARY = ['CAP_BPF', 'CAP_PERFMON'];
const NO_HINT = 'the lines above that begin with "no" say what is missing';

/** Without eBPF the memory of servers of this user can still be looked into, now and then. */
function judgeFailure({ message, hint }: PebbleError): Verdict {
  const missing = capabilities().filter(({ name, held }) => !held && NECESSARY.includes(name));
  const readable = discoverClusters().clusters.length > 0;
  return {
    level: readable ? 'sampled' : 'nothing',
    reason: missing.length > 0 ? `${missing.map(({ name }) => name).join(' and ')} are missing` : message,
    next: missing.length > 0 ? 'run it with sudo' : (hint ?? NO_HINT),
    clusters: [],
  };
}
