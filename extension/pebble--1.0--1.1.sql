-- Written by scripts/generate/extension.ts from src/wire/catalog.ts.

\echo Use "ALTER EXTENSION pebble UPDATE" to load this file. \quit

ALTER FOREIGN TABLE pebble.remote_locks
  ADD COLUMN "waiter_inner_query" pebble.remote_text,
  ADD COLUMN "blocker_inner_query" pebble.remote_text;

CREATE OR REPLACE VIEW pebble.locks AS SELECT
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
  "dropped"::bigint AS "dropped",
  "waiter_inner_query"::text AS "waiter_inner_query",
  "blocker_inner_query"::text AS "blocker_inner_query"
FROM pebble.remote_locks;

CREATE OR REPLACE FUNCTION pebble.locks_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.locks
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
  "dropped"::bigint AS "dropped",
  "waiter_inner_query"::text AS "waiter_inner_query",
  "blocker_inner_query"::text AS "blocker_inner_query"
  FROM pebble.remote_locks WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.locks_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.locks_at(timestamptz, timestamptz) TO pg_monitor;

ALTER FOREIGN TABLE pebble.remote_blocking_tree
  ADD COLUMN "waiter_inner_query" pebble.remote_text,
  ADD COLUMN "blocker_inner_query" pebble.remote_text;

CREATE OR REPLACE VIEW pebble.blocking_tree AS SELECT
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
  "dropped"::bigint AS "dropped",
  "waiter_inner_query"::text AS "waiter_inner_query",
  "blocker_inner_query"::text AS "blocker_inner_query"
FROM pebble.remote_blocking_tree;

CREATE OR REPLACE FUNCTION pebble.blocking_tree_at("from" timestamptz, "to" timestamptz) RETURNS SETOF pebble.blocking_tree
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
  "dropped"::bigint AS "dropped",
  "waiter_inner_query"::text AS "waiter_inner_query",
  "blocker_inner_query"::text AS "blocker_inner_query"
  FROM pebble.remote_blocking_tree WHERE range_from = $1 AND range_to = $2;
END
$function$;
REVOKE ALL ON FUNCTION pebble.blocking_tree_at(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pebble.blocking_tree_at(timestamptz, timestamptz) TO pg_monitor;

ALTER FOREIGN TABLE pebble.remote_agent
  ADD COLUMN "bpf_memory_bytes" pebble.remote_bigint,
  ADD COLUMN "forgotten_queries" pebble.remote_bigint,
  ADD COLUMN "history_bytes" pebble.remote_bigint,
  ADD COLUMN "pending_intervals" pebble.remote_bigint,
  ADD COLUMN "lost_intervals" pebble.remote_bigint,
  ADD COLUMN "otlp_endpoint" pebble.remote_text,
  ADD COLUMN "otlp_sent" pebble.remote_bigint,
  ADD COLUMN "otlp_pending" pebble.remote_bigint,
  ADD COLUMN "otlp_lost" pebble.remote_bigint,
  ADD COLUMN "otlp_rejected_items" pebble.remote_bigint,
  ADD COLUMN "otlp_trouble" pebble.remote_text;

CREATE OR REPLACE VIEW pebble.agent AS SELECT
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
  "refused"::jsonb AS "refused",
  "bpf_memory_bytes"::bigint AS "bpf_memory_bytes",
  "forgotten_queries"::bigint AS "forgotten_queries",
  "history_bytes"::bigint AS "history_bytes",
  "pending_intervals"::bigint AS "pending_intervals",
  "lost_intervals"::bigint AS "lost_intervals",
  "otlp_endpoint"::text AS "otlp_endpoint",
  "otlp_sent"::bigint AS "otlp_sent",
  "otlp_pending"::bigint AS "otlp_pending",
  "otlp_lost"::bigint AS "otlp_lost",
  "otlp_rejected_items"::bigint AS "otlp_rejected_items",
  "otlp_trouble"::text AS "otlp_trouble"
FROM pebble.remote_agent;
