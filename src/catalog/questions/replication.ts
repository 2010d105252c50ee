/** Slots, standbys and the archiver: what keeps WAL, and who is behind. */
import type { CatalogFacts, ReplicationSlot, StandbyState } from '../../api/index.ts';
import type { Session } from '../session.ts';

// On a standby the end of WAL is what was received (xlogfuncs.c: pg_current_wal_lsn refuses there).
const WAL_END = 'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END';

const SLOTS = `
  SELECT slot_name AS name, active, pg_wal_lsn_diff(${WAL_END}, restart_lsn)::float8 AS retained_bytes
    FROM pg_replication_slots ORDER BY retained_bytes DESC NULLS LAST`;
const STANDBYS = `
  SELECT application_name AS application, state, sync_state, pg_wal_lsn_diff(${WAL_END}, replay_lsn)::float8 AS replay_lag_bytes
    FROM pg_stat_replication ORDER BY replay_lag_bytes DESC NULLS LAST`;
const ARCHIVER = `
  SELECT archived_count::float8 AS archived, failed_count::float8 AS failed, last_failed_wal AS last_failed FROM pg_stat_archiver`;

export async function readReplication(
  session: Session,
): Promise<Pick<CatalogFacts, 'slots' | 'standbys' | 'archiver'>> {
  const slots = await session.ask<ReplicationSlot>(SLOTS);
  const standbys = await session.ask<StandbyState>(STANDBYS);
  const [archiver] = await session.ask<CatalogFacts['archiver']>(ARCHIVER);
  return { slots, standbys, archiver: archiver! };
}
