/** A standby replays much later than it should: reads there are old, and a failover loses time. */
import { formatBytes } from '../../../base/units.ts';
import type { Rule } from '../situation.ts';

const LEAST_BYTES = 128 * 2 ** 20;

export const standbyBehind: Rule = {
  id: 'standby-behind',
  find({ catalog }) {
    const late = (catalog?.now.standbys ?? []).filter(({ replay_lag_bytes }) => (replay_lag_bytes ?? 0) >= LEAST_BYTES);
    const [most] = late;
    if (!most) return undefined;
    return {
      severity: most.sync_state === 'async' ? 'warning' : 'critical',
      title: `the standby ${most.application} (${most.sync_state}) is ${formatBytes(most.replay_lag_bytes!)} of WAL behind`,
      evidence: late
        .slice(1)
        .map(({ application, replay_lag_bytes }) => `${application}: ${formatBytes(replay_lag_bytes!)}`),
      sql: 'SELECT application_name, state, sync_state, sent_lsn, write_lsn, flush_lsn, replay_lsn FROM pg_stat_replication',
      advice:
        'where sent is behind it is the network, flush its disk, replay one CPU there or a query that replay waits for',
      refuted_by: 'replay_lsn catches up with pg_current_wal_lsn() within seconds',
      queries: [],
    };
  },
};
