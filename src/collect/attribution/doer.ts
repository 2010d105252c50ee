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
