/** Exports to OpenTelemetry. */
export { OtlpPush } from './push.ts';
export { otlpTarget } from './target.ts';
