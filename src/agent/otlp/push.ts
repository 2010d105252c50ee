/** Sends metrics and slow executions to OpenTelemetry: every interval, again where the receiver is away, within a bound. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionRow, OtlpStatus } from '../../api/index.ts';
import { PebbleError } from '../../base/errors.ts';
import {
  encodeMetrics,
  encodeTrace,
  type Family,
  metricsRequest,
  type Sender,
  traceRequest,
} from '../../export/index.ts';
import { Outbox, type TimeRange } from '../../store/index.ts';
import { NotNow, type Outcome, post } from './link.ts';
import type { OtlpSignal, OtlpTarget } from './target.ts';

/** Requests that wait are kept in memory: about an hour of metrics of 50 queries. */
const MOST_WAITING_BYTES = 4 * 2 ** 20;
const CLOSING_MS = 3000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
const HINT =
  'what waits is sent again, and the oldest given up beyond 4 MiB; what is refused is not; pebble_otlp_lost_requests_total counts both';
/** A request with its sleeps is some kilobytes. */
const MOST_TRACES = 100;

interface Request {
  readonly path: `/v1/${OtlpSignal}`;
  readonly body: Uint8Array;
}

export interface OtlpSource extends Sender {
  readonly startedMs: number;
  readonly families: () => Promise<readonly Family[]>;
  /** Those that ended in a range, the slowest first; absent where executions are not followed. */
  readonly executions?: { readonly untilMs: number; between(range: TimeRange): Iterable<ExecutionRow> } | undefined;
  /** Told once when trouble begins. */
  readonly onError: (error: unknown) => void;
}

export class OtlpPush {
  readonly #target: OtlpTarget;
  readonly #source: OtlpSource;
  readonly #outbox: Outbox<Request>;
  readonly #timer: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  /** Asked for by the receiver. */
  #restMs = 0;
  #sentUntilMs: number;
  #sent = 0;
  #refused = 0;
  #rejectedItems = 0;
  /** Of each signal, until a request of it is taken whole. */
  readonly #told = new Map<Request['path'], string>();
  #work: Promise<void> = Promise.resolve();

  constructor(target: OtlpTarget, source: OtlpSource) {
    this.#target = target;
    this.#source = source;
    this.#sentUntilMs = source.executions?.untilMs ?? 0;
    this.#outbox = new Outbox((request) => this.#write(request), MOST_WAITING_BYTES);
    this.#timer = setInterval(() => void this.push(), target.intervalMs);
  }

  get status(): OtlpStatus {
    const { pending, lost, trouble } = this.#outbox;
    return {
      endpoint: this.#target.endpoint,
      sent: this.#sent,
      pending,
      lost: lost + this.#refused,
      rejected_items: this.#rejectedItems,
      trouble,
    };
  }

  /** What there is since the last time, behind what waits. */
  push(): Promise<void> {
    this.#work = this.#work.then(() => this.#push()).catch(this.#source.onError);
    return this.#work;
  }

  /** With one more attempt for what there is, which nobody waits long for: afterwards it is gone. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.race([this.push(), sleep(CLOSING_MS, undefined, { ref: false })]);
    clearTimeout(this.#retry);
  }

  async #push(): Promise<void> {
    const { signals } = this.#target;
    if (signals.has('metrics')) await this.#put({ path: '/v1/metrics', body: await this.#metrics() });
    const rows = signals.has('traces') ? this.#slow() : [];
    if (rows.length > 0) await this.#put({ path: '/v1/traces', body: this.#traces(rows) });
  }

  async #metrics(): Promise<Uint8Array> {
    const { startedMs, families } = this.#source;
    const request = metricsRequest(await families(), this.#source, { startMs: startedMs, nowMs: Date.now() });
    return this.#target.isJson ? Buffer.from(JSON.stringify(request)) : encodeMetrics(request);
  }

  #slow(): readonly ExecutionRow[] {
    const { executions } = this.#source;
    if (!executions) return [];
    const range = { fromMs: this.#sentUntilMs, toMs: executions.untilMs };
    this.#sentUntilMs = range.toMs;
    const slow: ExecutionRow[] = [];
    for (const row of executions.between(range)) {
      if (slow.length === MOST_TRACES || row.latency_us < this.#target.slowMs * 1000) break;
      slow.push(row);
    }
    return slow;
  }

  #traces(rows: readonly ExecutionRow[]): Uint8Array {
    const request = traceRequest(rows, this.#source);
    return this.#target.isJson ? Buffer.from(JSON.stringify(request)) : encodeTrace(request);
  }

  async #put(request: Request): Promise<void> {
    await this.#outbox.put(request, request.body.length);
    this.#afterAttempt();
  }

  async #write({ path, body }: Request): Promise<void> {
    if (this.#restMs > performance.now()) throw new NotNow(this.#outbox.trouble ?? 'the receiver asks for patience');
    const outcome = await this.#post(path, body);
    if (outcome.kind === 'refused') {
      this.#refused++;
      this.#tell(path, outcome.reason);
      return;
    }
    this.#sent++;
    if (!outcome.rejection) {
      this.#told.delete(path);
      return;
    }
    const { items, reason } = outcome.rejection;
    this.#rejectedItems += items;
    this.#tell(path, `${this.#target.endpoint}${path} took it without ${items} items: ${reason}`);
  }

  async #post(path: Request['path'], body: Uint8Array): Promise<Outcome> {
    try {
      return await post(this.#target, path, body);
    } catch (error) {
      if (error instanceof NotNow && error.afterMs !== undefined) this.#restMs = performance.now() + error.afterMs;
      this.#tell(path, error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** Twice as long after each failure; the outbox keeps what waits, and counts what it gives up. */
  #afterAttempt(): void {
    clearTimeout(this.#retry);
    if (this.#outbox.trouble === null) {
      this.#retryMs = FIRST_RETRY_MS;
      return;
    }
    const waitMs = Math.max(this.#retryMs, this.#restMs - performance.now());
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
    this.#retry = setTimeout(() => void this.#outbox.drain().then(() => this.#afterAttempt()), waitMs);
  }

  /** In the log, once for each reason: what is refused every minute is not said every minute. */
  #tell(path: Request['path'], what: string): void {
    if (what === this.#told.get(path)) return;
    this.#told.set(path, what);
    this.#source.onError(new PebbleError('io', { doing: 'sending to OpenTelemetry', what, hint: HINT }));
  }
}
