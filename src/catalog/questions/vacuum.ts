/** Tables that autovacuum should have vacuumed, and those being vacuumed (autovacuum.c, relation_needs_vacanalyze). */
import type { VacuumDebt } from '../../api/index.ts';
import type { Session } from '../session.ts';

const MOST = 20;

// A table's own settings win over the server's; text[] of reloptions as in pg_options_to_table.
const OPTION = (name: string): string =>
  `coalesce((SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = '${name}'), current_setting('${name}'))`;

const SQL = `
  SELECT current_database() AS database, s.relation, s.dead_tuples, s.live_tuples, s.threshold, s.last_vacuum, s.last_analyze, p.phase
    FROM (
      SELECT c.oid, n.nspname IN ('pg_catalog', 'pg_toast', 'information_schema') AS is_system,
             CASE WHEN n.nspname = 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname) AS relation,
             t.n_dead_tup::float8 AS dead_tuples, t.n_live_tup::float8 AS live_tuples,
             ${OPTION('autovacuum_vacuum_threshold')}::float8
               + ${OPTION('autovacuum_vacuum_scale_factor')}::float8 * greatest(c.reltuples, 0) AS threshold,
             greatest(t.last_vacuum, t.last_autovacuum) AS last_vacuum, greatest(t.last_analyze, t.last_autoanalyze) AS last_analyze
        FROM pg_stat_all_tables t JOIN pg_class c ON c.oid = t.relid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'm', 't')
    ) s LEFT JOIN pg_stat_progress_vacuum p ON p.relid = s.oid
   WHERE s.dead_tuples > s.threshold OR p.phase IS NOT NULL OR (NOT s.is_system AND greatest(s.last_analyze, s.last_vacuum) > now() - interval '1 hour')
   ORDER BY s.dead_tuples / greatest(s.threshold, 1) DESC LIMIT ${MOST}`;

type Row = Omit<VacuumDebt, 'last_vacuum' | 'last_analyze'> & {
  readonly last_vacuum: Date | null;
  readonly last_analyze: Date | null;
};

export async function readVacuum(session: Session): Promise<VacuumDebt[]> {
  const rows = await session.ask<Row>(SQL);
  return rows.map((row) => ({
    ...row,
    last_vacuum: row.last_vacuum?.toISOString() ?? null,
    last_analyze: row.last_analyze?.toISOString() ?? null,
  }));
}
