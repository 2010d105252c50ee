/** Who holds back the xmin horizon: sessions, prepared transactions, slots, standbys (procarray.c, ComputeXidHorizons). */
import type { HorizonHolder } from '../../api/index.ts';
import type { Session } from '../session.ts';

/** The oldest few are enough: whoever is younger holds back nothing more. */
const MOST = 10;

// A session without snapshot and transaction holds back nothing. What a walsender has as backend_xmin came from its standby.
const SQL = `
  SELECT 'session' AS kind, a.pid::text AS name, a.datname AS database, a.usename AS "user", a.application_name AS application, a.state,
         greatest(age(a.backend_xmin), age(a.backend_xid)) AS xmin_age,
         (extract(epoch FROM clock_timestamp() - a.xact_start) * 1e6)::float8 AS transaction_us
    FROM pg_stat_activity a
   WHERE a.backend_type <> 'walsender' AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL) AND a.pid <> pg_backend_pid()
  UNION ALL
  SELECT 'prepared transaction', p.gid, p.database, p.owner, NULL, NULL, age(p.transaction),
         (extract(epoch FROM clock_timestamp() - p.prepared) * 1e6)::float8
    FROM pg_prepared_xacts p
  UNION ALL
  SELECT 'replication slot', s.slot_name, s.database, NULL, NULL,
         CASE WHEN s.active THEN 'active' ELSE 'inactive' END || CASE WHEN s.xmin IS NULL THEN ', catalogs only' ELSE '' END,
         greatest(age(s.xmin), age(s.catalog_xmin)), NULL
    FROM pg_replication_slots s WHERE s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL
  UNION ALL
  SELECT 'standby', r.application_name, NULL, r.usename, r.application_name, r.state, age(r.backend_xmin), NULL
    FROM pg_stat_replication r WHERE r.backend_xmin IS NOT NULL
   ORDER BY xmin_age DESC LIMIT ${MOST}`;

export const readHorizon = (session: Session): Promise<HorizonHolder[]> => session.ask<HorizonHolder>(SQL);
