/** WAL is kept for a replication slot, until the disk is full. */
import { formatBytes } from '../../../base/units.ts';
import type { Rule } from '../situation.ts';

/** A consumer that is gone, and one that only is behind. */
const LEAST_INACTIVE = 1 << 30;
const LEAST_ACTIVE = 16 * 2 ** 30;

export const walRetained: Rule = {
  id: 'wal-retained',
  find({ catalog }) {
    const slots = (catalog?.now.slots ?? []).filter(
      ({ active, retained_bytes }) => (retained_bytes ?? 0) >= (active ? LEAST_ACTIVE : LEAST_INACTIVE),
    );
    const [most] = slots;
    if (!most) return undefined;
    return {
      severity: most.active ? 'warning' : 'critical',
      title: `the replication slot ${most.name}, ${most.active ? 'active' : 'whose consumer is gone'}, keeps ${formatBytes(most.retained_bytes!)} of WAL`,
      evidence: slots.slice(1).map(({ name, retained_bytes }) => `${name} keeps ${formatBytes(retained_bytes!)}`),
      sql: 'SELECT slot_name, active, wal_status, safe_wal_size, restart_lsn FROM pg_replication_slots',
      advice: 'start the consumer, or drop the slot; max_slot_wal_keep_size bounds what a slot may keep',
      refuted_by: 'restart_lsn of the slot moves as fast as pg_current_wal_lsn()',
      queries: [],
    };
  },
};
