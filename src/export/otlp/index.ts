/** OpenTelemetry's protocol (OTLP): metrics and traces as protobuf and as JSON. */
import { toProtobuf } from './message.ts';
import { METRICS_REQUEST, type MetricsRequest, TRACE_REQUEST, type TraceRequest } from './schema.ts';

export type { Sender } from './attributes.ts';
export { metricsRequest } from './metrics.ts';
export { type Rejection, rejectionOf } from './response.ts';
export { traceRequest } from './spans.ts';

export const encodeMetrics = (request: MetricsRequest): Buffer => toProtobuf(METRICS_REQUEST, request);
export const encodeTrace = (request: TraceRequest): Buffer => toProtobuf(TRACE_REQUEST, request);
