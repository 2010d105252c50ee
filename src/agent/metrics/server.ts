/** `/metrics` for Prometheus, on an address of its own, without a password: it has no literals of users, but normalised texts. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PebbleError } from '../../base/errors.ts';
import { type Family, formatProtobuf, formatText, PROTOBUF_TYPE, TEXT_TYPE } from '../../export/index.ts';

/** Anybody can connect: each connection is a descriptor, which the agent needs for its own work. */
const MOST_CONNECTIONS = 100;

export class MetricsServer {
  readonly #server: Server;
  readonly #families: () => Promise<readonly Family[]>;

  static async listen(host: string, port: number, families: () => Promise<readonly Family[]>): Promise<MetricsServer> {
    const metrics = new MetricsServer(families);
    await new Promise<void>((resolve, reject) => {
      metrics.#server.once('error', (cause) =>
        reject(
          new PebbleError('io', {
            doing: `listening on ${host}:${port} for Prometheus`,
            what: cause.message,
            hint: 'choose another address with metrics_listen',
            cause,
          }),
        ),
      );
      metrics.#server.listen(port, host, resolve);
    });
    return metrics;
  }

  private constructor(families: () => Promise<readonly Family[]>) {
    this.#families = families;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url !== '/metrics' || request.method !== 'GET') {
      response.writeHead(404).end('there is only GET /metrics\n');
      return;
    }
    try {
      const families = await this.#families();
      const wantsProtobuf = (request.headers.accept ?? '').includes('io.prometheus.client.MetricFamily');
      response.setHeader('Content-Type', wantsProtobuf ? PROTOBUF_TYPE : TEXT_TYPE);
      response.end(wantsProtobuf ? formatProtobuf(families) : formatText(families));
    } catch (error) {
      response.writeHead(500).end(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}
