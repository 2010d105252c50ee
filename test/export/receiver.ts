/** A receiver of OTLP: takes requests over HTTP, and reads them with what OpenTelemetry generates from its own definitions. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';

const { opentelemetry } = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root.js');
const { metrics, trace } = opentelemetry.proto.collector;
const REQUESTS: Readonly<Record<string, typeof metrics.v1.ExportMetricsServiceRequest>> = {
  '/v1/metrics': metrics.v1.ExportMetricsServiceRequest,
  '/v1/traces': trace.v1.ExportTraceServiceRequest,
};

type Attributes = Readonly<Record<string, string | number>>;
export interface ReceivedMetric {
  readonly name: string;
  readonly points: readonly { readonly attributes: Attributes; readonly value: number; readonly count: number }[];
}
export interface ReceivedSpan {
  readonly name: string;
  readonly attributes: Attributes;
  readonly service: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly seconds: number;
}

export class Receiver {
  /** Statuses of the next answers; after them all is well. */
  readonly troubles: number[];
  readonly bodies: Buffer[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** Of the last request that was taken. */
  metrics: readonly ReceivedMetric[] = [];
  readonly spans: ReceivedSpan[] = [];
  readonly #server: Server;

  static async start(troubles: readonly number[]): Promise<Receiver> {
    const receiver = new Receiver(troubles);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  private constructor(troubles: readonly number[]) {
    this.troubles = [...troubles];
    this.#server = createServer(async (request, response) => {
      const body = gunzipSync(await buffer(request));
      this.bodies.push(body);
      this.headers.push(request.headers);
      const status = this.troubles.shift() ?? 200;
      if (status === 200) this.#take(request.url!, body);
      response.writeHead(status, { 'retry-after': '1' }).end(status === 200 ? '' : 'the tester says no');
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The value of a metric's one point with these attributes. */
  point(name: string, attributes: Attributes = {}): ReceivedMetric['points'][number] | undefined {
    const points = this.metrics.find((metric) => metric.name === name)?.points ?? [];
    return points.find((point) => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(path: string, body: Buffer): void {
    const type = REQUESTS[path]!;
    const request = type.toObject(type.decode(body), { longs: String, bytes: String });
    if (path === '/v1/metrics') this.metrics = request.resourceMetrics[0].scopeMetrics[0].metrics.map(metricOf);
    else for (const one of request.resourceSpans) this.spans.push(...spansOf(one));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: messages as the decoder gives them
function metricOf({ name, sum, gauge, exponentialHistogram }: any): ReceivedMetric {
  const { dataPoints } = sum ?? gauge ?? exponentialHistogram;
  const points = dataPoints.map(
    ({
      attributes,
      asDouble,
      count,
      sum: total,
    }: {
      attributes: KeyValue[];
      asDouble: number;
      count: string;
      sum: number;
    }) => ({
      attributes: attributesOf(attributes),
      value: asDouble ?? total,
      count: Number(count ?? 0),
    }),
  );
  return { name, points };
}

// biome-ignore lint/suspicious/noExplicitAny: messages as the decoder gives them
function spansOf({ resource, scopeSpans }: any): ReceivedSpan[] {
  const service = String(attributesOf(resource.attributes)['service.name']);
  // biome-ignore lint/suspicious/noExplicitAny: messages as the decoder gives them
  return scopeSpans[0].spans.map((span: any) => ({
    name: span.name,
    service,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    attributes: attributesOf(span.attributes),
    seconds: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e9,
  }));
}

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string; readonly doubleValue?: number };
}

const attributesOf = (list: readonly KeyValue[] = []): Attributes =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]!]));
