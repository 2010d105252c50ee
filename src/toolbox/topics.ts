/** What tools are listed under, in this order; a script says it in its comment `topic:`. */
export const TOPICS = [
  'PostgreSQL: statements',
  'PostgreSQL: waits and locks',
  'PostgreSQL: time on CPUs',
  'PostgreSQL: storage, WAL and upkeep',
  'PostgreSQL: clients',
  'host: CPUs',
  'host: sleeping and waking',
  'host: block devices',
  'host: files',
  'host: memory',
  'host: network',
  'host: processes and users',
  'host: any code',
] as const;
export type Topic = (typeof TOPICS)[number];

/** Of scripts that name no topic: users' own. */
const OTHERS = 'others';

/** By topic: those of ours in their order, then users' own by name. */
export function byTopic<Listed extends { readonly topic: string | null }>(
  tools: readonly Listed[],
): ReadonlyMap<string, readonly Listed[]> {
  const found = Map.groupBy(tools, ({ topic }) => topic ?? OTHERS);
  const known = TOPICS.filter((topic) => found.has(topic));
  const own = [...found.keys()].filter((topic) => !(TOPICS as readonly string[]).includes(topic)).sort();
  return new Map([...known, ...own].map((topic) => [topic, found.get(topic)!]));
}
