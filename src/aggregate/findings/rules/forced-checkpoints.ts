/** Checkpoints begin because WAL has filled max_wal_size, not because their time has come. */
import { formatMicroseconds } from '../../../base/units.ts';
import type { Rule } from '../situation.ts';

/** One may have been somebody's CHECKPOINT. */
const LEAST = 2;

export const forcedCheckpoints: Rule = {
  id: 'forced-checkpoints',
  find({ catalog }) {
    if (!catalog?.before) return undefined;
    const { now, before } = catalog;
    const requested = now.checkpoints.requested - before.checkpoints.requested;
    const timed = now.checkpoints.timed - before.checkpoints.timed;
    if (requested < LEAST || requested <= timed) return undefined;
    const everyUs = ((Date.parse(now.at) - Date.parse(before.at)) * 1000) / requested;
    const { max_wal_size: size = 'not known', checkpoint_timeout: timeout = 'not known' } = now.settings;
    return {
      severity: 'warning',
      title: `checkpoints are forced every ${formatMicroseconds(everyUs)}: WAL fills max_wal_size (${size}) long before checkpoint_timeout (${timeout})`,
      evidence: [`${requested} requested and ${timed} timed since ${before.at}`],
      sql: "SELECT name, setting, unit FROM pg_settings WHERE name IN ('max_wal_size', 'checkpoint_timeout', 'checkpoint_completion_target')",
      advice: 'raise max_wal_size: each checkpoint makes the first change of every page a whole page of WAL',
      refuted_by: 'log_checkpoints says "checkpoint starting: time"',
      queries: [],
    };
  },
};
