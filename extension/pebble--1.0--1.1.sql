-- Written by scripts/generate/extension.ts from src/wire/catalog.ts.

\echo Use "ALTER EXTENSION pebble UPDATE" to load this file. \quit

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
