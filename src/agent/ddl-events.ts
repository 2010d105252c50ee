/** Statements that change the schema, as events: known from what was executed, without any SQL connection. */
import type { CatalogEvent } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import { counterAt, type Interval, identityAt, type StoredRecord } from '../store/index.ts';

const CHANGES_SCHEMA = /^\s*(create|alter|drop|truncate|reindex|cluster|refresh\s+materialized)\b/i;
/** Applications make these all the time, and nobody else sees them. */
const TEMPORARY = /^\s*create\s+(global\s+|local\s+)?temp(orary)?\b/i;
const MINUTE_MS = 60_000;
/** Of one flush: a migration of thousands of partitions is seen by its first ones. */
const MOST = 20;
const LONGEST = 200;

/** One a minute and statement. */
export function ddlEvents(interval: Interval): StoredRecord[] {
  const { host, startMs, durationUs, texts, samples } = interval;
  const atMs = Math.round(startMs + durationUs / 1000);
  const of = (name: 'cluster' | 'database' | 'fingerprint'): number => identityAt('queries', name);
  return (samples.queries ?? [])
    .flatMap(({ series, values }): StoredRecord[] => {
      const fingerprint = series[of('fingerprint')]!;
      const text = texts.get(fingerprint)?.text ?? '';
      const calls = values[counterAt('queries', 'calls')]!;
      if (calls === 0 || !CHANGES_SCHEMA.test(text) || TEMPORARY.test(text)) return [];
      const [cluster, database] = [series[of('cluster')]!, series[of('database')]];
      const what = `${text.replace(/\s+/g, ' ').slice(0, LONGEST)}, in ${database ?? 'a database that is not known'}`;
      const body: CatalogEvent = { at: rfc3339(atMs), host, cluster, kind: 'ddl', what };
      const id = `${Math.floor(atMs / MINUTE_MS)} ddl ${database} ${fingerprint}`;
      return [{ kind: 'event', host, cluster, id, fromMs: atMs, toMs: atMs, body }];
    })
    .slice(0, MOST);
}
