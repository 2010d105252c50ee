/** Who did it, as rows say it. */
import type { DoerFields } from '../../api/index.ts';
import type { Doer } from './totals.ts';

export function doerFields({ cluster, identity }: Doer): DoerFields {
  return {
    backend_type: cluster.backendTypes[identity.backendType] ?? 'unknown',
    database: identity.database,
    user: identity.user,
    query_id: identity.queryId,
    fingerprint: identity.executes ? identity.fingerprint : null,
    query: identity.query,
    query_truncated: identity.truncated,
  };
}

/** Executes part of a client's statement. */
export const isWorker = ({ cluster, identity }: Doer): boolean =>
  identity.executes && identity.backendType !== cluster.clientBackend;

/** An identity is one object as long as nothing more becomes known of it, and every reading asks for its key several times. */
const keys = new WeakMap<Doer['identity'], string>();

/** Workers of a parallel query are of their leader's row. */
export function doerKey(doer: Doer): string {
  const known = keys.get(doer.identity);
  if (known !== undefined) return known;
  const { databaseOid, userOid, backendType, queryId, fingerprint } = doer.identity;
  const type = isWorker(doer) ? doer.cluster.clientBackend : backendType;
  const key = JSON.stringify([doer.cluster.pgdata, databaseOid, userOid, type, queryId ?? `text ${fingerprint}`]);
  keys.set(doer.identity, key);
  return key;
}

/** Nothing more is known of it than before. */
export function isSameDoer({ cluster, identity }: Doer, before: Doer): boolean {
  const then = before.identity;
  if (cluster !== before.cluster) return false;
  return (
    identity === then ||
    (identity.queryId === then.queryId &&
      identity.fingerprint === then.fingerprint &&
      identity.query === then.query &&
      identity.database === then.database &&
      identity.user === then.user &&
      identity.backendType === then.backendType)
  );
}
