-- Written by scripts/generate/extension.ts from src/wire/catalog.ts.

\echo Use "CREATE EXTENSION pebble CASCADE" to load this file. \quit

CREATE SERVER pebble FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '/run/pebble', port '8433', dbname 'pebble', fetch_size '100000', connect_timeout '2');

CREATE DOMAIN pebble.remote_text AS text;

CREATE DOMAIN pebble.remote_bigint AS bigint;

CREATE DOMAIN pebble.remote_integer AS integer;

CREATE DOMAIN pebble.remote_double AS double precision;

CREATE DOMAIN pebble.remote_boolean AS boolean;

CREATE DOMAIN pebble.remote_timestamptz AS timestamptz;

CREATE DOMAIN pebble.remote_jsonb AS jsonb;

CREATE FOREIGN TABLE pebble.remote_queries (
  "database" pebble.remote_text,
  "user" pebble.remote_text,
  "queryid" pebble.remote_bigint,
  "fingerprint" pebble.remote_text,
  "query" pebble.remote_text,
  "calls" pebble.remote_bigint,
  "requests" pebble.remote_bigint,
  "errors" pebble.remote_bigint,
  "running" pebble.remote_bigint,
  "total_time" pebble.remote_double,
  "p50_time" pebble.remote_double,
  "p95_time" pebble.remote_double,
  "p99_time" pebble.remote_double,
  "max_time" pebble.remote_double,
  "cpu_time" pebble.remote_double,
  "wait_time" pebble.remote_double,
  "run_queue_time" pebble.remote_double,
  "parallel_cpu_time" pebble.remote_double,
  "shared_blks_hit" pebble.remote_bigint,
  "shared_blks_read" pebble.remote_bigint,
  "shared_blks_dirtied" pebble.remote_bigint,
  "shared_blks_written" pebble.remote_bigint,
  "temp_blks_read" pebble.remote_bigint,
  "temp_blks_written" pebble.remote_bigint,
  "wal_records" pebble.remote_bigint,
  "wal_fpi" pebble.remote_bigint,
  "wal_bytes" pebble.remote_bigint,
  "rows" pebble.remote_bigint,
  "received_bytes" pebble.remote_bigint,
  "sent_bytes" pebble.remote_bigint,
  "temp_files" pebble.remote_bigint,
  "temp_file_bytes" pebble.remote_bigint,
  "major_faults" pebble.remote_bigint,
  "memory_grown_bytes" pebble.remote_bigint,
  "memory_kept_bytes" pebble.remote_bigint,
  "memory_max_bytes" pebble.remote_bigint,
  "sqlstates" pebble.remote_jsonb,
  "prepare_time" pebble.remote_double,
  "execute_time" pebble.remote_double,
  "commit_time" pebble.remote_double,
  "cluster" pebble.remote_text,
  "stats_since" pebble.remote_timestamptz,
  "observed_time" pebble.remote_double,
  "coverage" pebble.remote_text,
  "dropped" pebble.remote_bigint,
  "inexact" pebble.remote_jsonb,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'queries');

CREATE VIEW pebble.queries AS SELECT
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "calls"::bigint AS "calls",
  "requests"::bigint AS "requests",
  "errors"::bigint AS "errors",
  "running"::bigint AS "running",
  "total_time"::double precision AS "total_time",
  "p50_time"::double precision AS "p50_time",
  "p95_time"::double precision AS "p95_time",
  "p99_time"::double precision AS "p99_time",
  "max_time"::double precision AS "max_time",
  "cpu_time"::double precision AS "cpu_time",
  "wait_time"::double precision AS "wait_time",
  "run_queue_time"::double precision AS "run_queue_time",
  "parallel_cpu_time"::double precision AS "parallel_cpu_time",
  "shared_blks_hit"::bigint AS "shared_blks_hit",
  "shared_blks_read"::bigint AS "shared_blks_read",
  "shared_blks_dirtied"::bigint AS "shared_blks_dirtied",
  "shared_blks_written"::bigint AS "shared_blks_written",
  "temp_blks_read"::bigint AS "temp_blks_read",
  "temp_blks_written"::bigint AS "temp_blks_written",
  "wal_records"::bigint AS "wal_records",
  "wal_fpi"::bigint AS "wal_fpi",
  "wal_bytes"::bigint AS "wal_bytes",
  "rows"::bigint AS "rows",
  "received_bytes"::bigint AS "received_bytes",
  "sent_bytes"::bigint AS "sent_bytes",
  "temp_files"::bigint AS "temp_files",
  "temp_file_bytes"::bigint AS "temp_file_bytes",
  "major_faults"::bigint AS "major_faults",
  "memory_grown_bytes"::bigint AS "memory_grown_bytes",
  "memory_kept_bytes"::bigint AS "memory_kept_bytes",
  "memory_max_bytes"::bigint AS "memory_max_bytes",
  "sqlstates"::jsonb AS "sqlstates",
  "prepare_time"::double precision AS "prepare_time",
  "execute_time"::double precision AS "execute_time",
  "commit_time"::double precision AS "commit_time",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped",
  "inexact"::jsonb AS "inexact"
FROM pebble.remote_queries;
COMMENT ON VIEW pebble.queries IS 'what each query did since the agent began to watch';
GRANT SELECT ON pebble.queries TO pg_monitor;

CREATE FUNCTION pebble.queries_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.queries
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "calls"::bigint AS "calls",
  "requests"::bigint AS "requests",
  "errors"::bigint AS "errors",
  "running"::bigint AS "running",
  "total_time"::double precision AS "total_time",
  "p50_time"::double precision AS "p50_time",
  "p95_time"::double precision AS "p95_time",
  "p99_time"::double precision AS "p99_time",
  "max_time"::double precision AS "max_time",
  "cpu_time"::double precision AS "cpu_time",
  "wait_time"::double precision AS "wait_time",
  "run_queue_time"::double precision AS "run_queue_time",
  "parallel_cpu_time"::double precision AS "parallel_cpu_time",
  "shared_blks_hit"::bigint AS "shared_blks_hit",
  "shared_blks_read"::bigint AS "shared_blks_read",
  "shared_blks_dirtied"::bigint AS "shared_blks_dirtied",
  "shared_blks_written"::bigint AS "shared_blks_written",
  "temp_blks_read"::bigint AS "temp_blks_read",
  "temp_blks_written"::bigint AS "temp_blks_written",
  "wal_records"::bigint AS "wal_records",
  "wal_fpi"::bigint AS "wal_fpi",
  "wal_bytes"::bigint AS "wal_bytes",
  "rows"::bigint AS "rows",
  "received_bytes"::bigint AS "received_bytes",
  "sent_bytes"::bigint AS "sent_bytes",
  "temp_files"::bigint AS "temp_files",
  "temp_file_bytes"::bigint AS "temp_file_bytes",
  "major_faults"::bigint AS "major_faults",
  "memory_grown_bytes"::bigint AS "memory_grown_bytes",
  "memory_kept_bytes"::bigint AS "memory_kept_bytes",
  "memory_max_bytes"::bigint AS "memory_max_bytes",
  "sqlstates"::jsonb AS "sqlstates",
  "prepare_time"::double precision AS "prepare_time",
  "execute_time"::double precision AS "execute_time",
  "commit_time"::double precision AS "commit_time",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped",
  "inexact"::jsonb AS "inexact"
  FROM pebble.remote_queries WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.queries_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.queries_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_waits (
  "backend_type" pebble.remote_text,
  "database" pebble.remote_text,
  "user" pebble.remote_text,
  "queryid" pebble.remote_bigint,
  "fingerprint" pebble.remote_text,
  "query" pebble.remote_text,
  "inner_query" pebble.remote_text,
  "wait_event_type" pebble.remote_text,
  "wait_event" pebble.remote_text,
  "count" pebble.remote_bigint,
  "total_time" pebble.remote_double,
  "max_time" pebble.remote_double,
  "cluster" pebble.remote_text,
  "stats_since" pebble.remote_timestamptz,
  "observed_time" pebble.remote_double,
  "coverage" pebble.remote_text,
  "dropped" pebble.remote_bigint,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'waits');

CREATE VIEW pebble.waits AS SELECT
  "backend_type"::text AS "backend_type",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "inner_query"::text AS "inner_query",
  "wait_event_type"::text AS "wait_event_type",
  "wait_event"::text AS "wait_event",
  "count"::bigint AS "count",
  "total_time"::double precision AS "total_time",
  "max_time"::double precision AS "max_time",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
FROM pebble.remote_waits;
COMMENT ON VIEW pebble.waits IS 'what each query and background process waited for since the agent began to watch';
GRANT SELECT ON pebble.waits TO pg_monitor;

CREATE FUNCTION pebble.waits_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.waits
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "backend_type"::text AS "backend_type",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "inner_query"::text AS "inner_query",
  "wait_event_type"::text AS "wait_event_type",
  "wait_event"::text AS "wait_event",
  "count"::bigint AS "count",
  "total_time"::double precision AS "total_time",
  "max_time"::double precision AS "max_time",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
  FROM pebble.remote_waits WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.waits_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.waits_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_locks (
  "database" pebble.remote_text,
  "waiter_pid" pebble.remote_integer,
  "waiter_user" pebble.remote_text,
  "waiter_application" pebble.remote_text,
  "waiter_queryid" pebble.remote_bigint,
  "waiter_query" pebble.remote_text,
  "blocker_pid" pebble.remote_integer,
  "blocker_user" pebble.remote_text,
  "blocker_application" pebble.remote_text,
  "blocker_queryid" pebble.remote_bigint,
  "blocker_query" pebble.remote_text,
  "blocker_state" pebble.remote_text,
  "root_pid" pebble.remote_integer,
  "lock_type" pebble.remote_text,
  "relation" pebble.remote_bigint,
  "relation_name" pebble.remote_text,
  "mode" pebble.remote_text,
  "blocker_mode" pebble.remote_text,
  "waiting" pebble.remote_boolean,
  "count" pebble.remote_bigint,
  "total_time" pebble.remote_double,
  "max_time" pebble.remote_double,
  "cluster" pebble.remote_text,
  "stats_since" pebble.remote_timestamptz,
  "observed_time" pebble.remote_double,
  "coverage" pebble.remote_text,
  "dropped" pebble.remote_bigint,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'locks');

CREATE VIEW pebble.locks AS SELECT
  "database"::text AS "database",
  "waiter_pid"::integer AS "waiter_pid",
  "waiter_user"::text AS "waiter_user",
  "waiter_application"::text AS "waiter_application",
  "waiter_queryid"::bigint AS "waiter_queryid",
  "waiter_query"::text AS "waiter_query",
  "blocker_pid"::integer AS "blocker_pid",
  "blocker_user"::text AS "blocker_user",
  "blocker_application"::text AS "blocker_application",
  "blocker_queryid"::bigint AS "blocker_queryid",
  "blocker_query"::text AS "blocker_query",
  "blocker_state"::text AS "blocker_state",
  "root_pid"::integer AS "root_pid",
  "lock_type"::text AS "lock_type",
  "relation"::bigint AS "relation",
  "relation_name"::text AS "relation_name",
  "mode"::text AS "mode",
  "blocker_mode"::text AS "blocker_mode",
  "waiting"::boolean AS "waiting",
  "count"::bigint AS "count",
  "total_time"::double precision AS "total_time",
  "max_time"::double precision AS "max_time",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
FROM pebble.remote_locks;
COMMENT ON VIEW pebble.locks IS 'who waited for whom in the last minute';
GRANT SELECT ON pebble.locks TO pg_monitor;

CREATE FUNCTION pebble.locks_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.locks
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "database"::text AS "database",
  "waiter_pid"::integer AS "waiter_pid",
  "waiter_user"::text AS "waiter_user",
  "waiter_application"::text AS "waiter_application",
  "waiter_queryid"::bigint AS "waiter_queryid",
  "waiter_query"::text AS "waiter_query",
  "blocker_pid"::integer AS "blocker_pid",
  "blocker_user"::text AS "blocker_user",
  "blocker_application"::text AS "blocker_application",
  "blocker_queryid"::bigint AS "blocker_queryid",
  "blocker_query"::text AS "blocker_query",
  "blocker_state"::text AS "blocker_state",
  "root_pid"::integer AS "root_pid",
  "lock_type"::text AS "lock_type",
  "relation"::bigint AS "relation",
  "relation_name"::text AS "relation_name",
  "mode"::text AS "mode",
  "blocker_mode"::text AS "blocker_mode",
  "waiting"::boolean AS "waiting",
  "count"::bigint AS "count",
  "total_time"::double precision AS "total_time",
  "max_time"::double precision AS "max_time",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
  FROM pebble.remote_locks WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.locks_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.locks_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_blocking_tree (
  "root_pid" pebble.remote_integer,
  "depth" pebble.remote_integer,
  "path" pebble.remote_text,
  "database" pebble.remote_text,
  "waiter_pid" pebble.remote_integer,
  "waiter_user" pebble.remote_text,
  "waiter_application" pebble.remote_text,
  "waiter_queryid" pebble.remote_bigint,
  "waiter_query" pebble.remote_text,
  "blocker_pid" pebble.remote_integer,
  "blocker_user" pebble.remote_text,
  "blocker_application" pebble.remote_text,
  "blocker_queryid" pebble.remote_bigint,
  "blocker_query" pebble.remote_text,
  "blocker_state" pebble.remote_text,
  "lock_type" pebble.remote_text,
  "relation" pebble.remote_bigint,
  "relation_name" pebble.remote_text,
  "mode" pebble.remote_text,
  "blocker_mode" pebble.remote_text,
  "waiting" pebble.remote_boolean,
  "count" pebble.remote_bigint,
  "total_time" pebble.remote_double,
  "max_time" pebble.remote_double,
  "cluster" pebble.remote_text,
  "stats_since" pebble.remote_timestamptz,
  "observed_time" pebble.remote_double,
  "coverage" pebble.remote_text,
  "dropped" pebble.remote_bigint,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'blocking_tree');

CREATE VIEW pebble.blocking_tree AS SELECT
  "root_pid"::integer AS "root_pid",
  "depth"::integer AS "depth",
  "path"::text AS "path",
  "database"::text AS "database",
  "waiter_pid"::integer AS "waiter_pid",
  "waiter_user"::text AS "waiter_user",
  "waiter_application"::text AS "waiter_application",
  "waiter_queryid"::bigint AS "waiter_queryid",
  "waiter_query"::text AS "waiter_query",
  "blocker_pid"::integer AS "blocker_pid",
  "blocker_user"::text AS "blocker_user",
  "blocker_application"::text AS "blocker_application",
  "blocker_queryid"::bigint AS "blocker_queryid",
  "blocker_query"::text AS "blocker_query",
  "blocker_state"::text AS "blocker_state",
  "lock_type"::text AS "lock_type",
  "relation"::bigint AS "relation",
  "relation_name"::text AS "relation_name",
  "mode"::text AS "mode",
  "blocker_mode"::text AS "blocker_mode",
  "waiting"::boolean AS "waiting",
  "count"::bigint AS "count",
  "total_time"::double precision AS "total_time",
  "max_time"::double precision AS "max_time",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
FROM pebble.remote_blocking_tree;
COMMENT ON VIEW pebble.blocking_tree IS 'who waits now, below the session that blocks all of them';
GRANT SELECT ON pebble.blocking_tree TO pg_monitor;

CREATE FUNCTION pebble.blocking_tree_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.blocking_tree
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "root_pid"::integer AS "root_pid",
  "depth"::integer AS "depth",
  "path"::text AS "path",
  "database"::text AS "database",
  "waiter_pid"::integer AS "waiter_pid",
  "waiter_user"::text AS "waiter_user",
  "waiter_application"::text AS "waiter_application",
  "waiter_queryid"::bigint AS "waiter_queryid",
  "waiter_query"::text AS "waiter_query",
  "blocker_pid"::integer AS "blocker_pid",
  "blocker_user"::text AS "blocker_user",
  "blocker_application"::text AS "blocker_application",
  "blocker_queryid"::bigint AS "blocker_queryid",
  "blocker_query"::text AS "blocker_query",
  "blocker_state"::text AS "blocker_state",
  "lock_type"::text AS "lock_type",
  "relation"::bigint AS "relation",
  "relation_name"::text AS "relation_name",
  "mode"::text AS "mode",
  "blocker_mode"::text AS "blocker_mode",
  "waiting"::boolean AS "waiting",
  "count"::bigint AS "count",
  "total_time"::double precision AS "total_time",
  "max_time"::double precision AS "max_time",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
  FROM pebble.remote_blocking_tree WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.blocking_tree_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.blocking_tree_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_io (
  "kind" pebble.remote_text,
  "backend_type" pebble.remote_text,
  "database" pebble.remote_text,
  "user" pebble.remote_text,
  "queryid" pebble.remote_bigint,
  "fingerprint" pebble.remote_text,
  "query" pebble.remote_text,
  "process" pebble.remote_text,
  "device" pebble.remote_text,
  "path" pebble.remote_text,
  "operation" pebble.remote_text,
  "count" pebble.remote_bigint,
  "bytes" pebble.remote_bigint,
  "p50_time" pebble.remote_double,
  "p99_time" pebble.remote_double,
  "max_time" pebble.remote_double,
  "total_time" pebble.remote_double,
  "read_bytes" pebble.remote_bigint,
  "disk_bytes" pebble.remote_bigint,
  "cached_bytes" pebble.remote_bigint,
  "cluster" pebble.remote_text,
  "stats_since" pebble.remote_timestamptz,
  "observed_time" pebble.remote_double,
  "coverage" pebble.remote_text,
  "dropped" pebble.remote_bigint,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'io');

CREATE VIEW pebble.io AS SELECT
  "kind"::text AS "kind",
  "backend_type"::text AS "backend_type",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "process"::text AS "process",
  "device"::text AS "device",
  "path"::text AS "path",
  "operation"::text AS "operation",
  "count"::bigint AS "count",
  "bytes"::bigint AS "bytes",
  "p50_time"::double precision AS "p50_time",
  "p99_time"::double precision AS "p99_time",
  "max_time"::double precision AS "max_time",
  "total_time"::double precision AS "total_time",
  "read_bytes"::bigint AS "read_bytes",
  "disk_bytes"::bigint AS "disk_bytes",
  "cached_bytes"::bigint AS "cached_bytes",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
FROM pebble.remote_io;
COMMENT ON VIEW pebble.io IS 'requests to devices and files in the last minute';
GRANT SELECT ON pebble.io TO pg_monitor;

CREATE FUNCTION pebble.io_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.io
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "kind"::text AS "kind",
  "backend_type"::text AS "backend_type",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "process"::text AS "process",
  "device"::text AS "device",
  "path"::text AS "path",
  "operation"::text AS "operation",
  "count"::bigint AS "count",
  "bytes"::bigint AS "bytes",
  "p50_time"::double precision AS "p50_time",
  "p99_time"::double precision AS "p99_time",
  "max_time"::double precision AS "max_time",
  "total_time"::double precision AS "total_time",
  "read_bytes"::bigint AS "read_bytes",
  "disk_bytes"::bigint AS "disk_bytes",
  "cached_bytes"::bigint AS "cached_bytes",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
  FROM pebble.remote_io WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.io_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.io_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_wal_commits (
  "kind" pebble.remote_text,
  "backend_type" pebble.remote_text,
  "database" pebble.remote_text,
  "user" pebble.remote_text,
  "queryid" pebble.remote_bigint,
  "fingerprint" pebble.remote_text,
  "query" pebble.remote_text,
  "commits" pebble.remote_bigint,
  "insert_time" pebble.remote_double,
  "write_time" pebble.remote_double,
  "sync_time" pebble.remote_double,
  "group_time" pebble.remote_double,
  "replication_time" pebble.remote_double,
  "syncs" pebble.remote_bigint,
  "group_size" pebble.remote_double,
  "wal_records" pebble.remote_bigint,
  "wal_fpi" pebble.remote_bigint,
  "wal_bytes" pebble.remote_bigint,
  "cluster" pebble.remote_text,
  "stats_since" pebble.remote_timestamptz,
  "observed_time" pebble.remote_double,
  "coverage" pebble.remote_text,
  "dropped" pebble.remote_bigint,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'wal_commits');

CREATE VIEW pebble.wal_commits AS SELECT
  "kind"::text AS "kind",
  "backend_type"::text AS "backend_type",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "commits"::bigint AS "commits",
  "insert_time"::double precision AS "insert_time",
  "write_time"::double precision AS "write_time",
  "sync_time"::double precision AS "sync_time",
  "group_time"::double precision AS "group_time",
  "replication_time"::double precision AS "replication_time",
  "syncs"::bigint AS "syncs",
  "group_size"::double precision AS "group_size",
  "wal_records"::bigint AS "wal_records",
  "wal_fpi"::bigint AS "wal_fpi",
  "wal_bytes"::bigint AS "wal_bytes",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
FROM pebble.remote_wal_commits;
COMMENT ON VIEW pebble.wal_commits IS 'what commits waited for in the last minute: of each statement, and of the cluster';
GRANT SELECT ON pebble.wal_commits TO pg_monitor;

CREATE FUNCTION pebble.wal_commits_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.wal_commits
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "kind"::text AS "kind",
  "backend_type"::text AS "backend_type",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "commits"::bigint AS "commits",
  "insert_time"::double precision AS "insert_time",
  "write_time"::double precision AS "write_time",
  "sync_time"::double precision AS "sync_time",
  "group_time"::double precision AS "group_time",
  "replication_time"::double precision AS "replication_time",
  "syncs"::bigint AS "syncs",
  "group_size"::double precision AS "group_size",
  "wal_records"::bigint AS "wal_records",
  "wal_fpi"::bigint AS "wal_fpi",
  "wal_bytes"::bigint AS "wal_bytes",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
  FROM pebble.remote_wal_commits WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.wal_commits_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.wal_commits_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_latency_histogram (
  "cluster" pebble.remote_text,
  "database" pebble.remote_text,
  "user" pebble.remote_text,
  "queryid" pebble.remote_bigint,
  "fingerprint" pebble.remote_text,
  "from_time" pebble.remote_double,
  "to_time" pebble.remote_double,
  "count" pebble.remote_bigint,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'latency_histogram');

CREATE VIEW pebble.latency_histogram AS SELECT
  "cluster"::text AS "cluster",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "from_time"::double precision AS "from_time",
  "to_time"::double precision AS "to_time",
  "count"::bigint AS "count"
FROM pebble.remote_latency_histogram;
COMMENT ON VIEW pebble.latency_histogram IS 'requests of each query by latency, in the last minute';
GRANT SELECT ON pebble.latency_histogram TO pg_monitor;

CREATE FUNCTION pebble.latency_histogram_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.latency_histogram
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "cluster"::text AS "cluster",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "from_time"::double precision AS "from_time",
  "to_time"::double precision AS "to_time",
  "count"::bigint AS "count"
  FROM pebble.remote_latency_histogram WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.latency_histogram_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.latency_histogram_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_executions (
  "started" pebble.remote_timestamptz,
  "pid" pebble.remote_integer,
  "backend_type" pebble.remote_text,
  "database" pebble.remote_text,
  "user" pebble.remote_text,
  "queryid" pebble.remote_bigint,
  "fingerprint" pebble.remote_text,
  "query" pebble.remote_text,
  "total_time" pebble.remote_double,
  "cpu_time" pebble.remote_double,
  "wait_time" pebble.remote_double,
  "run_queue_time" pebble.remote_double,
  "calls" pebble.remote_bigint,
  "errors" pebble.remote_bigint,
  "shared_blks_read" pebble.remote_bigint,
  "wal_bytes" pebble.remote_bigint,
  "rows" pebble.remote_bigint,
  "received_bytes" pebble.remote_bigint,
  "sent_bytes" pebble.remote_bigint,
  "temp_files" pebble.remote_bigint,
  "temp_file_bytes" pebble.remote_bigint,
  "major_faults" pebble.remote_bigint,
  "memory_grown_bytes" pebble.remote_bigint,
  "steps" pebble.remote_jsonb,
  "cluster" pebble.remote_text,
  "stats_since" pebble.remote_timestamptz,
  "observed_time" pebble.remote_double,
  "coverage" pebble.remote_text,
  "dropped" pebble.remote_bigint,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'executions');

CREATE VIEW pebble.executions AS SELECT
  "started"::timestamptz AS "started",
  "pid"::integer AS "pid",
  "backend_type"::text AS "backend_type",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "total_time"::double precision AS "total_time",
  "cpu_time"::double precision AS "cpu_time",
  "wait_time"::double precision AS "wait_time",
  "run_queue_time"::double precision AS "run_queue_time",
  "calls"::bigint AS "calls",
  "errors"::bigint AS "errors",
  "shared_blks_read"::bigint AS "shared_blks_read",
  "wal_bytes"::bigint AS "wal_bytes",
  "rows"::bigint AS "rows",
  "received_bytes"::bigint AS "received_bytes",
  "sent_bytes"::bigint AS "sent_bytes",
  "temp_files"::bigint AS "temp_files",
  "temp_file_bytes"::bigint AS "temp_file_bytes",
  "major_faults"::bigint AS "major_faults",
  "memory_grown_bytes"::bigint AS "memory_grown_bytes",
  "steps"::jsonb AS "steps",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
FROM pebble.remote_executions;
COMMENT ON VIEW pebble.executions IS 'the slowest requests of each query in the last minute, with their sleeps';
GRANT SELECT ON pebble.executions TO pg_monitor;

CREATE FUNCTION pebble.executions_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.executions
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "started"::timestamptz AS "started",
  "pid"::integer AS "pid",
  "backend_type"::text AS "backend_type",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "total_time"::double precision AS "total_time",
  "cpu_time"::double precision AS "cpu_time",
  "wait_time"::double precision AS "wait_time",
  "run_queue_time"::double precision AS "run_queue_time",
  "calls"::bigint AS "calls",
  "errors"::bigint AS "errors",
  "shared_blks_read"::bigint AS "shared_blks_read",
  "wal_bytes"::bigint AS "wal_bytes",
  "rows"::bigint AS "rows",
  "received_bytes"::bigint AS "received_bytes",
  "sent_bytes"::bigint AS "sent_bytes",
  "temp_files"::bigint AS "temp_files",
  "temp_file_bytes"::bigint AS "temp_file_bytes",
  "major_faults"::bigint AS "major_faults",
  "memory_grown_bytes"::bigint AS "memory_grown_bytes",
  "steps"::jsonb AS "steps",
  "cluster"::text AS "cluster",
  "stats_since"::timestamptz AS "stats_since",
  "observed_time"::double precision AS "observed_time",
  "coverage"::text AS "coverage",
  "dropped"::bigint AS "dropped"
  FROM pebble.remote_executions WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.executions_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.executions_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_sessions (
  "cluster" pebble.remote_text,
  "pid" pebble.remote_integer,
  "backend_type" pebble.remote_text,
  "state" pebble.remote_text,
  "database" pebble.remote_text,
  "user" pebble.remote_text,
  "queryid" pebble.remote_bigint,
  "fingerprint" pebble.remote_text,
  "query" pebble.remote_text,
  "application" pebble.remote_text,
  "client" pebble.remote_text,
  "wait_event_type" pebble.remote_text,
  "wait_event" pebble.remote_text,
  "transaction_time" pebble.remote_double,
  "statement_time" pebble.remote_double,
  "state_time" pebble.remote_double
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'sessions');

CREATE VIEW pebble.sessions AS SELECT
  "cluster"::text AS "cluster",
  "pid"::integer AS "pid",
  "backend_type"::text AS "backend_type",
  "state"::text AS "state",
  "database"::text AS "database",
  "user"::text AS "user",
  "queryid"::bigint AS "queryid",
  "fingerprint"::text AS "fingerprint",
  "query"::text AS "query",
  "application"::text AS "application",
  "client"::text AS "client",
  "wait_event_type"::text AS "wait_event_type",
  "wait_event"::text AS "wait_event",
  "transaction_time"::double precision AS "transaction_time",
  "statement_time"::double precision AS "statement_time",
  "state_time"::double precision AS "state_time"
FROM pebble.remote_sessions;
COMMENT ON VIEW pebble.sessions IS 'what every process of the clusters does now';
GRANT SELECT ON pebble.sessions TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_findings (
  "id" pebble.remote_text,
  "cluster" pebble.remote_text,
  "severity" pebble.remote_text,
  "since" pebble.remote_timestamptz,
  "until" pebble.remote_timestamptz,
  "title" pebble.remote_text,
  "evidence" pebble.remote_jsonb,
  "sql" pebble.remote_text,
  "advice" pebble.remote_text,
  "refuted_by" pebble.remote_text,
  "queries" pebble.remote_jsonb,
  "range_from" timestamptz,
  "range_to" timestamptz
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'findings');

CREATE VIEW pebble.findings AS SELECT
  "id"::text AS "id",
  "cluster"::text AS "cluster",
  "severity"::text AS "severity",
  "since"::timestamptz AS "since",
  "until"::timestamptz AS "until",
  "title"::text AS "title",
  "evidence"::jsonb AS "evidence",
  "sql"::text AS "sql",
  "advice"::text AS "advice",
  "refuted_by"::text AS "refuted_by",
  "queries"::jsonb AS "queries"
FROM pebble.remote_findings;
COMMENT ON VIEW pebble.findings IS 'what dominated the last ten minutes, in words';
GRANT SELECT ON pebble.findings TO pg_monitor;

CREATE FUNCTION pebble.findings_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.findings
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RETURN QUERY SELECT
  "id"::text AS "id",
  "cluster"::text AS "cluster",
  "severity"::text AS "severity",
  "since"::timestamptz AS "since",
  "until"::timestamptz AS "until",
  "title"::text AS "title",
  "evidence"::jsonb AS "evidence",
  "sql"::text AS "sql",
  "advice"::text AS "advice",
  "refuted_by"::text AS "refuted_by",
  "queries"::jsonb AS "queries"
  FROM pebble.remote_findings WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.findings_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.findings_at(timestamptz, timestamptz) TO pg_monitor;

CREATE FOREIGN TABLE pebble.remote_agent (
  "host" pebble.remote_text,
  "version" pebble.remote_text,
  "pid" pebble.remote_integer,
  "started" pebble.remote_timestamptz,
  "tier" pebble.remote_text,
  "cpu" pebble.remote_double,
  "rss_bytes" pebble.remote_bigint,
  "dropped" pebble.remote_bigint,
  "store" pebble.remote_text,
  "trouble" pebble.remote_text,
  "clusters" pebble.remote_jsonb,
  "refused" pebble.remote_jsonb
) SERVER pebble OPTIONS (schema_name 'pebble', table_name 'agent');

CREATE VIEW pebble.agent AS SELECT
  "host"::text AS "host",
  "version"::text AS "version",
  "pid"::integer AS "pid",
  "started"::timestamptz AS "started",
  "tier"::text AS "tier",
  "cpu"::double precision AS "cpu",
  "rss_bytes"::bigint AS "rss_bytes",
  "dropped"::bigint AS "dropped",
  "store"::text AS "store",
  "trouble"::text AS "trouble",
  "clusters"::jsonb AS "clusters",
  "refused"::jsonb AS "refused"
FROM pebble.remote_agent;
COMMENT ON VIEW pebble.agent IS 'the agent itself: what it watches and costs';
GRANT SELECT ON pebble.agent TO pg_monitor;

CREATE FUNCTION pebble.create_user_mapping(username text DEFAULT 'pebble', password text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  PERFORM pebble.drop_user_mapping();
  IF password IS NULL THEN
    EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER pebble OPTIONS (user %L, password_required %L)', username, 'false');
  ELSE
    EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER pebble OPTIONS (user %L, password %L)', username, password);
  END IF;
END
$function$;
REVOKE ALL ON FUNCTION pebble.create_user_mapping(text, text) FROM PUBLIC;

CREATE FUNCTION pebble.drop_user_mapping() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS 'DROP USER MAPPING IF EXISTS FOR CURRENT_USER SERVER pebble';
REVOKE ALL ON FUNCTION pebble.drop_user_mapping() FROM PUBLIC;

CREATE FUNCTION pebble.use_address(host text, port integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  EXECUTE format('ALTER SERVER pebble OPTIONS (SET host %L, SET port %L)', host, port);
END
$function$;
REVOKE ALL ON FUNCTION pebble.use_address(text, integer) FROM PUBLIC;

GRANT USAGE ON SCHEMA pebble TO pg_monitor;
