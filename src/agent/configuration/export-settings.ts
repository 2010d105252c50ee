/** What is sent to others, or fetched by them: part of the table of settings. */

export const EXPORT_SETTINGS = {
  metrics_listen: {
    kind: 'text',
    default: '',
    summary: 'HOST:PORT of `/metrics` for Prometheus, without a password; off unless given',
  },
  metrics_queries: {
    kind: 'count',
    default: 50,
    summary:
      'queries of each cluster with metrics of their own, those with the most time; all others together are `other`',
  },
  otlp_endpoint: {
    kind: 'text',
    default: '',
    summary:
      'where OpenTelemetry is sent to, as `http://collector:4318`: metrics to `/v1/metrics` below it, slow executions to `/v1/traces`; off unless given',
  },
  otlp_protocol: { kind: 'text', default: 'http/protobuf', summary: '`http/protobuf` or `http/json`' },
  otlp_headers: {
    kind: 'list',
    default: [],
    summary: 'of each request, as `authorization=Bearer TOKEN`',
  },
  otlp_signals: { kind: 'list', default: ['metrics', 'traces'], summary: 'which of `metrics` and `traces` are sent' },
  otlp_interval: { kind: 'duration', default: 60_000, min: 1000, summary: 'how often' },
  otlp_slow: {
    kind: 'duration',
    default: 1000,
    summary: 'executions that took at least this long become traces, 100 of an interval at most: the slowest',
  },
} as const;
