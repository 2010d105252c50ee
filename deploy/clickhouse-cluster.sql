-- For a cluster with the name pebble, whose nodes have the macros shard and replica.
-- Made by scripts/generate/clickhouse.ts.

CREATE DATABASE IF NOT EXISTS pebble ON CLUSTER pebble;

CREATE TABLE IF NOT EXISTS pebble.queries_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  series UInt64 DEFAULT cityHash64(host, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(query_id, ''), ifNull(fingerprint, '')),
  requests UInt64,
  calls UInt64,
  errors UInt64,
  unsplit UInt64,
  joint UInt64,
  hidden UInt64,
  latency UInt64,
  latency_max UInt64,
  max_unknown UInt64,
  on_cpu UInt64,
  off_cpu UInt64,
  run_queue UInt64,
  start_delay UInt64,
  throttled UInt64,
  throttle_unseen UInt64,
  shared_hit UInt64,
  shared_read UInt64,
  shared_dirtied UInt64,
  shared_written UInt64,
  temp_read UInt64,
  temp_written UInt64,
  wal_records UInt64,
  wal_fpi UInt64,
  wal_bytes UInt64,
  commits UInt64,
  parallel_on_cpu UInt64,
  parallel_off_cpu UInt64,
  parallel_run_queue UInt64,
  measured UInt64,
  rows UInt64,
  received UInt64,
  sent UInt64,
  temp_files UInt64,
  temp_bytes UInt64,
  temp_unseen UInt64,
  major_faults UInt64,
  memory_grown UInt64,
  memory_kept UInt64,
  memory_max UInt64,
  phased UInt64,
  prepare UInt64,
  execute UInt64,
  commit UInt64,
  zeros UInt64,
  buckets Array(Int32),
  counts Array(UInt64)
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/queries', '{replica}')
PARTITION BY toYYYYMMDD(time)
ORDER BY (host, intDiv(start_ms, 3600000), series, start_ms, flush_id)
TTL time + INTERVAL 172800 SECOND;

CREATE TABLE IF NOT EXISTS pebble.queries ON CLUSTER pebble AS pebble.queries_node
ENGINE = Distributed(pebble, pebble, queries_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.queries_1min_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  series UInt64,
  requests AggregateFunction(sum, UInt64),
  calls AggregateFunction(sum, UInt64),
  errors AggregateFunction(sum, UInt64),
  unsplit AggregateFunction(sum, UInt64),
  joint AggregateFunction(sum, UInt64),
  hidden AggregateFunction(sum, UInt64),
  latency AggregateFunction(sum, UInt64),
  latency_max AggregateFunction(max, UInt64),
  max_unknown AggregateFunction(sum, UInt64),
  on_cpu AggregateFunction(sum, UInt64),
  off_cpu AggregateFunction(sum, UInt64),
  run_queue AggregateFunction(sum, UInt64),
  start_delay AggregateFunction(sum, UInt64),
  throttled AggregateFunction(sum, UInt64),
  throttle_unseen AggregateFunction(sum, UInt64),
  shared_hit AggregateFunction(sum, UInt64),
  shared_read AggregateFunction(sum, UInt64),
  shared_dirtied AggregateFunction(sum, UInt64),
  shared_written AggregateFunction(sum, UInt64),
  temp_read AggregateFunction(sum, UInt64),
  temp_written AggregateFunction(sum, UInt64),
  wal_records AggregateFunction(sum, UInt64),
  wal_fpi AggregateFunction(sum, UInt64),
  wal_bytes AggregateFunction(sum, UInt64),
  commits AggregateFunction(sum, UInt64),
  parallel_on_cpu AggregateFunction(sum, UInt64),
  parallel_off_cpu AggregateFunction(sum, UInt64),
  parallel_run_queue AggregateFunction(sum, UInt64),
  measured AggregateFunction(sum, UInt64),
  rows AggregateFunction(sum, UInt64),
  received AggregateFunction(sum, UInt64),
  sent AggregateFunction(sum, UInt64),
  temp_files AggregateFunction(sum, UInt64),
  temp_bytes AggregateFunction(sum, UInt64),
  temp_unseen AggregateFunction(sum, UInt64),
  major_faults AggregateFunction(sum, UInt64),
  memory_grown AggregateFunction(sum, UInt64),
  memory_kept AggregateFunction(sum, UInt64),
  memory_max AggregateFunction(max, UInt64),
  phased AggregateFunction(sum, UInt64),
  prepare AggregateFunction(sum, UInt64),
  execute AggregateFunction(sum, UInt64),
  commit AggregateFunction(sum, UInt64),
  zeros AggregateFunction(sum, UInt64),
  histogram AggregateFunction(sumMap, Array(Int32), Array(UInt64))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/queries_1min', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(query_id, ''), ifNull(fingerprint, ''))
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.queries_1min ON CLUSTER pebble AS pebble.queries_1min_node
ENGINE = Distributed(pebble, pebble, queries_1min_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.queries_1h_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  series UInt64,
  requests AggregateFunction(sum, UInt64),
  calls AggregateFunction(sum, UInt64),
  errors AggregateFunction(sum, UInt64),
  unsplit AggregateFunction(sum, UInt64),
  joint AggregateFunction(sum, UInt64),
  hidden AggregateFunction(sum, UInt64),
  latency AggregateFunction(sum, UInt64),
  latency_max AggregateFunction(max, UInt64),
  max_unknown AggregateFunction(sum, UInt64),
  on_cpu AggregateFunction(sum, UInt64),
  off_cpu AggregateFunction(sum, UInt64),
  run_queue AggregateFunction(sum, UInt64),
  start_delay AggregateFunction(sum, UInt64),
  throttled AggregateFunction(sum, UInt64),
  throttle_unseen AggregateFunction(sum, UInt64),
  shared_hit AggregateFunction(sum, UInt64),
  shared_read AggregateFunction(sum, UInt64),
  shared_dirtied AggregateFunction(sum, UInt64),
  shared_written AggregateFunction(sum, UInt64),
  temp_read AggregateFunction(sum, UInt64),
  temp_written AggregateFunction(sum, UInt64),
  wal_records AggregateFunction(sum, UInt64),
  wal_fpi AggregateFunction(sum, UInt64),
  wal_bytes AggregateFunction(sum, UInt64),
  commits AggregateFunction(sum, UInt64),
  parallel_on_cpu AggregateFunction(sum, UInt64),
  parallel_off_cpu AggregateFunction(sum, UInt64),
  parallel_run_queue AggregateFunction(sum, UInt64),
  measured AggregateFunction(sum, UInt64),
  rows AggregateFunction(sum, UInt64),
  received AggregateFunction(sum, UInt64),
  sent AggregateFunction(sum, UInt64),
  temp_files AggregateFunction(sum, UInt64),
  temp_bytes AggregateFunction(sum, UInt64),
  temp_unseen AggregateFunction(sum, UInt64),
  major_faults AggregateFunction(sum, UInt64),
  memory_grown AggregateFunction(sum, UInt64),
  memory_kept AggregateFunction(sum, UInt64),
  memory_max AggregateFunction(max, UInt64),
  phased AggregateFunction(sum, UInt64),
  prepare AggregateFunction(sum, UInt64),
  execute AggregateFunction(sum, UInt64),
  commit AggregateFunction(sum, UInt64),
  zeros AggregateFunction(sum, UInt64),
  histogram AggregateFunction(sumMap, Array(Int32), Array(UInt64))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/queries_1h', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(query_id, ''), ifNull(fingerprint, ''))
TTL time + INTERVAL 34560000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.queries_1h ON CLUSTER pebble AS pebble.queries_1h_node
ENGINE = Distributed(pebble, pebble, queries_1h_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.failures_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  sqlstate Nullable(String),
  series UInt64 DEFAULT cityHash64(host, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(sqlstate, '')),
  count UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/failures', '{replica}')
PARTITION BY toYYYYMMDD(time)
ORDER BY (host, intDiv(start_ms, 3600000), series, start_ms, flush_id)
TTL time + INTERVAL 172800 SECOND;

CREATE TABLE IF NOT EXISTS pebble.failures ON CLUSTER pebble AS pebble.failures_node
ENGINE = Distributed(pebble, pebble, failures_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.failures_1min_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  sqlstate Nullable(String),
  series UInt64,
  count AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/failures_1min', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(sqlstate, ''))
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.failures_1min ON CLUSTER pebble AS pebble.failures_1min_node
ENGINE = Distributed(pebble, pebble, failures_1min_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.failures_1h_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  sqlstate Nullable(String),
  series UInt64,
  count AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/failures_1h', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(sqlstate, ''))
TTL time + INTERVAL 34560000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.failures_1h ON CLUSTER pebble AS pebble.failures_1h_node
ENGINE = Distributed(pebble, pebble, failures_1h_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.waits_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  wait_event_type Nullable(String),
  wait_event Nullable(String),
  inner_fingerprint Nullable(String),
  series UInt64 DEFAULT cityHash64(host, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(wait_event_type, ''), ifNull(wait_event, ''), ifNull(inner_fingerprint, '')),
  total UInt64,
  count UInt64,
  max UInt64,
  max_unknown UInt64,
  zeros UInt64,
  buckets Array(Int32),
  counts Array(UInt64)
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/waits', '{replica}')
PARTITION BY toYYYYMMDD(time)
ORDER BY (host, intDiv(start_ms, 3600000), series, start_ms, flush_id)
TTL time + INTERVAL 172800 SECOND;

CREATE TABLE IF NOT EXISTS pebble.waits ON CLUSTER pebble AS pebble.waits_node
ENGINE = Distributed(pebble, pebble, waits_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.waits_1min_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  wait_event_type Nullable(String),
  wait_event Nullable(String),
  inner_fingerprint Nullable(String),
  series UInt64,
  total AggregateFunction(sum, UInt64),
  count AggregateFunction(sum, UInt64),
  max AggregateFunction(max, UInt64),
  max_unknown AggregateFunction(sum, UInt64),
  zeros AggregateFunction(sum, UInt64),
  histogram AggregateFunction(sumMap, Array(Int32), Array(UInt64))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/waits_1min', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(wait_event_type, ''), ifNull(wait_event, ''), ifNull(inner_fingerprint, ''))
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.waits_1min ON CLUSTER pebble AS pebble.waits_1min_node
ENGINE = Distributed(pebble, pebble, waits_1min_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.waits_1h_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  wait_event_type Nullable(String),
  wait_event Nullable(String),
  inner_fingerprint Nullable(String),
  series UInt64,
  total AggregateFunction(sum, UInt64),
  count AggregateFunction(sum, UInt64),
  max AggregateFunction(max, UInt64),
  max_unknown AggregateFunction(sum, UInt64),
  zeros AggregateFunction(sum, UInt64),
  histogram AggregateFunction(sumMap, Array(Int32), Array(UInt64))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/waits_1h', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(wait_event_type, ''), ifNull(wait_event, ''), ifNull(inner_fingerprint, ''))
TTL time + INTERVAL 34560000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.waits_1h ON CLUSTER pebble AS pebble.waits_1h_node
ENGINE = Distributed(pebble, pebble, waits_1h_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.load_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  cluster Nullable(String),
  class Nullable(String),
  series UInt64 DEFAULT cityHash64(host, ifNull(cluster, ''), ifNull(class, '')),
  total UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/load', '{replica}')
PARTITION BY toYYYYMMDD(time)
ORDER BY (host, intDiv(start_ms, 3600000), series, start_ms, flush_id)
TTL time + INTERVAL 172800 SECOND;

CREATE TABLE IF NOT EXISTS pebble.load ON CLUSTER pebble AS pebble.load_node
ENGINE = Distributed(pebble, pebble, load_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.load_1min_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  class Nullable(String),
  series UInt64,
  total AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/load_1min', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(class, ''))
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.load_1min ON CLUSTER pebble AS pebble.load_1min_node
ENGINE = Distributed(pebble, pebble, load_1min_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.load_1h_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  class Nullable(String),
  series UInt64,
  total AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/load_1h', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(class, ''))
TTL time + INTERVAL 34560000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.load_1h ON CLUSTER pebble AS pebble.load_1h_node
ENGINE = Distributed(pebble, pebble, load_1h_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.clients_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  application Nullable(String),
  client Nullable(String),
  series UInt64 DEFAULT cityHash64(host, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(application, ''), ifNull(client, '')),
  requests UInt64,
  on_cpu UInt64,
  off_cpu UInt64,
  run_queue UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/clients', '{replica}')
PARTITION BY toYYYYMMDD(time)
ORDER BY (host, intDiv(start_ms, 3600000), series, start_ms, flush_id)
TTL time + INTERVAL 172800 SECOND;

CREATE TABLE IF NOT EXISTS pebble.clients ON CLUSTER pebble AS pebble.clients_node
ENGINE = Distributed(pebble, pebble, clients_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.clients_1min_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  application Nullable(String),
  client Nullable(String),
  series UInt64,
  requests AggregateFunction(sum, UInt64),
  on_cpu AggregateFunction(sum, UInt64),
  off_cpu AggregateFunction(sum, UInt64),
  run_queue AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/clients_1min', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(application, ''), ifNull(client, ''))
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.clients_1min ON CLUSTER pebble AS pebble.clients_1min_node
ENGINE = Distributed(pebble, pebble, clients_1min_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.clients_1h_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  application Nullable(String),
  client Nullable(String),
  series UInt64,
  requests AggregateFunction(sum, UInt64),
  on_cpu AggregateFunction(sum, UInt64),
  off_cpu AggregateFunction(sum, UInt64),
  run_queue AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/clients_1h', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(application, ''), ifNull(client, ''))
TTL time + INTERVAL 34560000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.clients_1h ON CLUSTER pebble AS pebble.clients_1h_node
ENGINE = Distributed(pebble, pebble, clients_1h_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64 DEFAULT cityHash64(host, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(device, ''), ifNull(operation, '')),
  count UInt64,
  bytes UInt64,
  by_workers UInt64,
  total UInt64,
  max UInt64,
  max_unknown UInt64,
  zeros UInt64,
  buckets Array(Int32),
  counts Array(UInt64)
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/io', '{replica}')
PARTITION BY toYYYYMMDD(time)
ORDER BY (host, intDiv(start_ms, 3600000), series, start_ms, flush_id)
TTL time + INTERVAL 172800 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io ON CLUSTER pebble AS pebble.io_node
ENGINE = Distributed(pebble, pebble, io_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_1min_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64,
  count AggregateFunction(sum, UInt64),
  bytes AggregateFunction(sum, UInt64),
  by_workers AggregateFunction(sum, UInt64),
  total AggregateFunction(sum, UInt64),
  max AggregateFunction(max, UInt64),
  max_unknown AggregateFunction(sum, UInt64),
  zeros AggregateFunction(sum, UInt64),
  histogram AggregateFunction(sumMap, Array(Int32), Array(UInt64))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/io_1min', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(device, ''), ifNull(operation, ''))
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io_1min ON CLUSTER pebble AS pebble.io_1min_node
ENGINE = Distributed(pebble, pebble, io_1min_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_1h_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64,
  count AggregateFunction(sum, UInt64),
  bytes AggregateFunction(sum, UInt64),
  by_workers AggregateFunction(sum, UInt64),
  total AggregateFunction(sum, UInt64),
  max AggregateFunction(max, UInt64),
  max_unknown AggregateFunction(sum, UInt64),
  zeros AggregateFunction(sum, UInt64),
  histogram AggregateFunction(sumMap, Array(Int32), Array(UInt64))
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/io_1h', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(device, ''), ifNull(operation, ''))
TTL time + INTERVAL 34560000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io_1h ON CLUSTER pebble AS pebble.io_1h_node
ENGINE = Distributed(pebble, pebble, io_1h_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_files_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  path Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64 DEFAULT cityHash64(host, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(path, ''), ifNull(device, ''), ifNull(operation, '')),
  count UInt64,
  bytes UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/io_files', '{replica}')
PARTITION BY toYYYYMMDD(time)
ORDER BY (host, intDiv(start_ms, 3600000), series, start_ms, flush_id)
TTL time + INTERVAL 172800 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io_files ON CLUSTER pebble AS pebble.io_files_node
ENGINE = Distributed(pebble, pebble, io_files_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_files_1min_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  path Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64,
  count AggregateFunction(sum, UInt64),
  bytes AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/io_files_1min', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(path, ''), ifNull(device, ''), ifNull(operation, ''))
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io_files_1min ON CLUSTER pebble AS pebble.io_files_1min_node
ENGINE = Distributed(pebble, pebble, io_files_1min_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_files_1h_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  cluster Nullable(String),
  system_identifier Nullable(String),
  database Nullable(String),
  user Nullable(String),
  backend_type Nullable(String),
  query_id Nullable(String),
  fingerprint Nullable(String),
  path Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64,
  count AggregateFunction(sum, UInt64),
  bytes AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/io_files_1h', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(cluster, ''), ifNull(system_identifier, ''), ifNull(database, ''), ifNull(user, ''), ifNull(backend_type, ''), ifNull(query_id, ''), ifNull(fingerprint, ''), ifNull(path, ''), ifNull(device, ''), ifNull(operation, ''))
TTL time + INTERVAL 34560000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io_files_1h ON CLUSTER pebble AS pebble.io_files_1h_node
ENGINE = Distributed(pebble, pebble, io_files_1h_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_others_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  process Nullable(String),
  deferred Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64 DEFAULT cityHash64(host, ifNull(process, ''), ifNull(deferred, ''), ifNull(device, ''), ifNull(operation, '')),
  count UInt64,
  bytes UInt64,
  total UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/io_others', '{replica}')
PARTITION BY toYYYYMMDD(time)
ORDER BY (host, intDiv(start_ms, 3600000), series, start_ms, flush_id)
TTL time + INTERVAL 172800 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io_others ON CLUSTER pebble AS pebble.io_others_node
ENGINE = Distributed(pebble, pebble, io_others_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_others_1min_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  process Nullable(String),
  deferred Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64,
  count AggregateFunction(sum, UInt64),
  bytes AggregateFunction(sum, UInt64),
  total AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/io_others_1min', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(process, ''), ifNull(deferred, ''), ifNull(device, ''), ifNull(operation, ''))
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io_others_1min ON CLUSTER pebble AS pebble.io_others_1min_node
ENGINE = Distributed(pebble, pebble, io_others_1min_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.io_others_1h_node ON CLUSTER pebble (
  from_ms UInt64,
  time DateTime,
  host String,
  process Nullable(String),
  deferred Nullable(String),
  device Nullable(String),
  operation Nullable(String),
  series UInt64,
  count AggregateFunction(sum, UInt64),
  bytes AggregateFunction(sum, UInt64),
  total AggregateFunction(sum, UInt64)
)
ENGINE = ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/pebble/io_others_1h', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, from_ms, series, ifNull(process, ''), ifNull(deferred, ''), ifNull(device, ''), ifNull(operation, ''))
TTL time + INTERVAL 34560000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.io_others_1h ON CLUSTER pebble AS pebble.io_others_1h_node
ENGINE = Distributed(pebble, pebble, io_others_1h_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.intervals_node ON CLUSTER pebble (
  flush_id String,
  start_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(start_ms, 1000)),
  host String,
  observed_us UInt64,
  coverage UInt8,
  dropped UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/intervals', '{replica}')
PARTITION BY toYYYYMM(time)
ORDER BY (host, start_ms, flush_id)
TTL time + INTERVAL 129600000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.intervals ON CLUSTER pebble AS pebble.intervals_node
ENGINE = Distributed(pebble, pebble, intervals_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.records_node ON CLUSTER pebble (
  kind String,
  host String,
  cluster String,
  id String,
  from_ms UInt64,
  to_ms UInt64,
  time DateTime DEFAULT toDateTime(intDiv(to_ms, 1000)),
  body String,
  version UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/records', '{replica}', version)
PARTITION BY toYYYYMM(time)
ORDER BY (kind, host, cluster, id)
TTL time + INTERVAL 1209600 SECOND;

CREATE TABLE IF NOT EXISTS pebble.records ON CLUSTER pebble AS pebble.records_node
ENGINE = Distributed(pebble, pebble, records_node, cityHash64(host));

CREATE TABLE IF NOT EXISTS pebble.texts_node ON CLUSTER pebble (
  fingerprint String,
  text String,
  is_whole UInt8,
  seen DateTime DEFAULT now()
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/pebble/texts', '{replica}', is_whole)
ORDER BY (fingerprint)
TTL seen + INTERVAL 129600000 SECOND;

CREATE TABLE IF NOT EXISTS pebble.texts ON CLUSTER pebble AS pebble.texts_node
ENGINE = Distributed(pebble, pebble, texts_node, cityHash64(fingerprint));

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.queries_1min_view ON CLUSTER pebble TO pebble.queries_1min_node AS
SELECT intDiv(start_ms, 60000) * 60000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 60000) * 60000, 1000)) AS time, host, cluster, system_identifier, database, user, query_id, fingerprint, series, sumState(requests) AS requests, sumState(calls) AS calls, sumState(errors) AS errors, sumState(unsplit) AS unsplit, sumState(joint) AS joint, sumState(hidden) AS hidden, sumState(latency) AS latency, maxState(latency_max) AS latency_max, sumState(max_unknown) AS max_unknown, sumState(on_cpu) AS on_cpu, sumState(off_cpu) AS off_cpu, sumState(run_queue) AS run_queue, sumState(start_delay) AS start_delay, sumState(throttled) AS throttled, sumState(throttle_unseen) AS throttle_unseen, sumState(shared_hit) AS shared_hit, sumState(shared_read) AS shared_read, sumState(shared_dirtied) AS shared_dirtied, sumState(shared_written) AS shared_written, sumState(temp_read) AS temp_read, sumState(temp_written) AS temp_written, sumState(wal_records) AS wal_records, sumState(wal_fpi) AS wal_fpi, sumState(wal_bytes) AS wal_bytes, sumState(commits) AS commits, sumState(parallel_on_cpu) AS parallel_on_cpu, sumState(parallel_off_cpu) AS parallel_off_cpu, sumState(parallel_run_queue) AS parallel_run_queue, sumState(measured) AS measured, sumState(rows) AS rows, sumState(received) AS received, sumState(sent) AS sent, sumState(temp_files) AS temp_files, sumState(temp_bytes) AS temp_bytes, sumState(temp_unseen) AS temp_unseen, sumState(major_faults) AS major_faults, sumState(memory_grown) AS memory_grown, sumState(memory_kept) AS memory_kept, maxState(memory_max) AS memory_max, sumState(phased) AS phased, sumState(prepare) AS prepare, sumState(execute) AS execute, sumState(commit) AS commit, sumState(zeros) AS zeros, sumMapState(buckets, counts) AS histogram
FROM pebble.queries_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, query_id, fingerprint, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.queries_1h_view ON CLUSTER pebble TO pebble.queries_1h_node AS
SELECT intDiv(start_ms, 3600000) * 3600000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 3600000) * 3600000, 1000)) AS time, host, cluster, system_identifier, database, user, query_id, fingerprint, series, sumState(requests) AS requests, sumState(calls) AS calls, sumState(errors) AS errors, sumState(unsplit) AS unsplit, sumState(joint) AS joint, sumState(hidden) AS hidden, sumState(latency) AS latency, maxState(latency_max) AS latency_max, sumState(max_unknown) AS max_unknown, sumState(on_cpu) AS on_cpu, sumState(off_cpu) AS off_cpu, sumState(run_queue) AS run_queue, sumState(start_delay) AS start_delay, sumState(throttled) AS throttled, sumState(throttle_unseen) AS throttle_unseen, sumState(shared_hit) AS shared_hit, sumState(shared_read) AS shared_read, sumState(shared_dirtied) AS shared_dirtied, sumState(shared_written) AS shared_written, sumState(temp_read) AS temp_read, sumState(temp_written) AS temp_written, sumState(wal_records) AS wal_records, sumState(wal_fpi) AS wal_fpi, sumState(wal_bytes) AS wal_bytes, sumState(commits) AS commits, sumState(parallel_on_cpu) AS parallel_on_cpu, sumState(parallel_off_cpu) AS parallel_off_cpu, sumState(parallel_run_queue) AS parallel_run_queue, sumState(measured) AS measured, sumState(rows) AS rows, sumState(received) AS received, sumState(sent) AS sent, sumState(temp_files) AS temp_files, sumState(temp_bytes) AS temp_bytes, sumState(temp_unseen) AS temp_unseen, sumState(major_faults) AS major_faults, sumState(memory_grown) AS memory_grown, sumState(memory_kept) AS memory_kept, maxState(memory_max) AS memory_max, sumState(phased) AS phased, sumState(prepare) AS prepare, sumState(execute) AS execute, sumState(commit) AS commit, sumState(zeros) AS zeros, sumMapState(buckets, counts) AS histogram
FROM pebble.queries_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, query_id, fingerprint, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.failures_1min_view ON CLUSTER pebble TO pebble.failures_1min_node AS
SELECT intDiv(start_ms, 60000) * 60000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 60000) * 60000, 1000)) AS time, host, cluster, system_identifier, database, user, query_id, fingerprint, sqlstate, series, sumState(count) AS count
FROM pebble.failures_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, query_id, fingerprint, sqlstate, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.failures_1h_view ON CLUSTER pebble TO pebble.failures_1h_node AS
SELECT intDiv(start_ms, 3600000) * 3600000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 3600000) * 3600000, 1000)) AS time, host, cluster, system_identifier, database, user, query_id, fingerprint, sqlstate, series, sumState(count) AS count
FROM pebble.failures_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, query_id, fingerprint, sqlstate, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.waits_1min_view ON CLUSTER pebble TO pebble.waits_1min_node AS
SELECT intDiv(start_ms, 60000) * 60000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 60000) * 60000, 1000)) AS time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, wait_event_type, wait_event, inner_fingerprint, series, sumState(total) AS total, sumState(count) AS count, maxState(max) AS max, sumState(max_unknown) AS max_unknown, sumState(zeros) AS zeros, sumMapState(buckets, counts) AS histogram
FROM pebble.waits_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, wait_event_type, wait_event, inner_fingerprint, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.waits_1h_view ON CLUSTER pebble TO pebble.waits_1h_node AS
SELECT intDiv(start_ms, 3600000) * 3600000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 3600000) * 3600000, 1000)) AS time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, wait_event_type, wait_event, inner_fingerprint, series, sumState(total) AS total, sumState(count) AS count, maxState(max) AS max, sumState(max_unknown) AS max_unknown, sumState(zeros) AS zeros, sumMapState(buckets, counts) AS histogram
FROM pebble.waits_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, wait_event_type, wait_event, inner_fingerprint, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.load_1min_view ON CLUSTER pebble TO pebble.load_1min_node AS
SELECT intDiv(start_ms, 60000) * 60000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 60000) * 60000, 1000)) AS time, host, cluster, class, series, sumState(total) AS total
FROM pebble.load_node GROUP BY from_ms, time, host, cluster, class, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.load_1h_view ON CLUSTER pebble TO pebble.load_1h_node AS
SELECT intDiv(start_ms, 3600000) * 3600000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 3600000) * 3600000, 1000)) AS time, host, cluster, class, series, sumState(total) AS total
FROM pebble.load_node GROUP BY from_ms, time, host, cluster, class, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.clients_1min_view ON CLUSTER pebble TO pebble.clients_1min_node AS
SELECT intDiv(start_ms, 60000) * 60000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 60000) * 60000, 1000)) AS time, host, cluster, system_identifier, database, user, application, client, series, sumState(requests) AS requests, sumState(on_cpu) AS on_cpu, sumState(off_cpu) AS off_cpu, sumState(run_queue) AS run_queue
FROM pebble.clients_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, application, client, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.clients_1h_view ON CLUSTER pebble TO pebble.clients_1h_node AS
SELECT intDiv(start_ms, 3600000) * 3600000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 3600000) * 3600000, 1000)) AS time, host, cluster, system_identifier, database, user, application, client, series, sumState(requests) AS requests, sumState(on_cpu) AS on_cpu, sumState(off_cpu) AS off_cpu, sumState(run_queue) AS run_queue
FROM pebble.clients_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, application, client, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.io_1min_view ON CLUSTER pebble TO pebble.io_1min_node AS
SELECT intDiv(start_ms, 60000) * 60000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 60000) * 60000, 1000)) AS time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, device, operation, series, sumState(count) AS count, sumState(bytes) AS bytes, sumState(by_workers) AS by_workers, sumState(total) AS total, maxState(max) AS max, sumState(max_unknown) AS max_unknown, sumState(zeros) AS zeros, sumMapState(buckets, counts) AS histogram
FROM pebble.io_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, device, operation, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.io_1h_view ON CLUSTER pebble TO pebble.io_1h_node AS
SELECT intDiv(start_ms, 3600000) * 3600000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 3600000) * 3600000, 1000)) AS time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, device, operation, series, sumState(count) AS count, sumState(bytes) AS bytes, sumState(by_workers) AS by_workers, sumState(total) AS total, maxState(max) AS max, sumState(max_unknown) AS max_unknown, sumState(zeros) AS zeros, sumMapState(buckets, counts) AS histogram
FROM pebble.io_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, device, operation, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.io_files_1min_view ON CLUSTER pebble TO pebble.io_files_1min_node AS
SELECT intDiv(start_ms, 60000) * 60000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 60000) * 60000, 1000)) AS time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, path, device, operation, series, sumState(count) AS count, sumState(bytes) AS bytes
FROM pebble.io_files_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, path, device, operation, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.io_files_1h_view ON CLUSTER pebble TO pebble.io_files_1h_node AS
SELECT intDiv(start_ms, 3600000) * 3600000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 3600000) * 3600000, 1000)) AS time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, path, device, operation, series, sumState(count) AS count, sumState(bytes) AS bytes
FROM pebble.io_files_node GROUP BY from_ms, time, host, cluster, system_identifier, database, user, backend_type, query_id, fingerprint, path, device, operation, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.io_others_1min_view ON CLUSTER pebble TO pebble.io_others_1min_node AS
SELECT intDiv(start_ms, 60000) * 60000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 60000) * 60000, 1000)) AS time, host, process, deferred, device, operation, series, sumState(count) AS count, sumState(bytes) AS bytes, sumState(total) AS total
FROM pebble.io_others_node GROUP BY from_ms, time, host, process, deferred, device, operation, series;

CREATE MATERIALIZED VIEW IF NOT EXISTS pebble.io_others_1h_view ON CLUSTER pebble TO pebble.io_others_1h_node AS
SELECT intDiv(start_ms, 3600000) * 3600000 AS from_ms, toDateTime(intDiv(intDiv(start_ms, 3600000) * 3600000, 1000)) AS time, host, process, deferred, device, operation, series, sumState(count) AS count, sumState(bytes) AS bytes, sumState(total) AS total
FROM pebble.io_others_node GROUP BY from_ms, time, host, process, deferred, device, operation, series;
