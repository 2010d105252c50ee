/** Somebody's old snapshot or transaction keeps dead rows from being removed, everywhere in the database. */
import type { HorizonHolder } from '../../../api/index.ts';
import { formatCount, formatMicroseconds } from '../../../base/units.ts';
import type { Rule } from '../situation.ts';

/** Fewer transactions leave little behind. */
const LEAST_AGE = 10_000;
/** Of sessions and prepared transactions: shorter ones are work. */
const LEAST_US = 60e6;
/** Half way to the age at which autovacuum is forced: autovacuum_freeze_max_age. */
const CRITICAL_AGE = 100e6;

export const xminHeld: Rule = {
  id: 'xmin-held',
  find({ catalog }) {
    const holders = catalog?.now.horizon.filter(isLong) ?? [];
    const [oldest] = holders;
    if (!oldest) return undefined;
    const behind = catalog!.now.vacuum.filter(({ dead_tuples, threshold }) => dead_tuples > threshold);
    return {
      severity: oldest.xmin_age >= CRITICAL_AGE ? 'critical' : 'warning',
      title: `${describe(oldest)} keeps dead rows from being removed: ${formatCount(oldest.xmin_age)} transactions have begun since`,
      evidence: [
        ...holders.slice(1, 3).map((one) => `${describe(one)}, ${formatCount(one.xmin_age)} transactions`),
        ...behind
          .slice(0, 3)
          .map(
            ({ relation, database, dead_tuples }) =>
              `${relation} in ${database} has ${formatCount(dead_tuples)} dead rows`,
          ),
      ],
      ...NEXT[oldest.kind],
      refuted_by: 'VACUUM (VERBOSE) of a table says that no dead row versions are not yet removable',
      queries: [],
    };
  },
};

const isLong = ({ xmin_age, transaction_us }: HorizonHolder): boolean =>
  xmin_age >= LEAST_AGE && (transaction_us === null || transaction_us >= LEAST_US);

function describe({ kind, name, user, application, state, transaction_us }: HorizonHolder): string {
  const since = transaction_us === null ? '' : `, for ${formatMicroseconds(transaction_us)}`;
  if (kind !== 'session') return `${kind} ${name}${state ? `, ${state}` : ''}${since}`;
  return `session ${name} (user ${user}, application ${JSON.stringify(application)}, ${state})${since}`;
}

const NEXT: Readonly<Record<HorizonHolder['kind'], { readonly sql: string; readonly advice: string }>> = {
  session: {
    sql: 'SELECT pid, state, xact_start, backend_xmin, query FROM pg_stat_activity WHERE backend_xmin IS NOT NULL ORDER BY age(backend_xmin) DESC',
    advice:
      'let the application end its transaction; idle_in_transaction_session_timeout and transaction_timeout bound them',
  },
  'prepared transaction': {
    sql: 'SELECT gid, prepared, owner, database FROM pg_prepared_xacts ORDER BY age(transaction) DESC',
    advice: 'ask the transaction manager that prepared it, then COMMIT PREPARED or ROLLBACK PREPARED',
  },
  'replication slot': {
    sql: 'SELECT slot_name, active, xmin, catalog_xmin, restart_lsn FROM pg_replication_slots',
    advice: 'start its consumer again, or drop the slot with pg_drop_replication_slot',
  },
  standby: {
    sql: 'SELECT application_name, state, backend_xmin, reply_time FROM pg_stat_replication',
    advice:
      'a long query runs on the standby, and hot_standby_feedback holds its snapshot here: end it there, or route it elsewhere',
  },
};
