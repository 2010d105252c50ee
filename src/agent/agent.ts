/** The agent: watches, keeps history, and says what that costs. */
import { statSync } from 'node:fs';
import type { AgentStatus } from '../api/index.ts';
import { rfc3339 } from '../base/time.ts';
import { type Attribution, type IoReading, requireHost } from '../collect/attribution/index.ts';
import type { Family } from '../export/index.ts';
import { type Interval, openStore, type Store, type StoredRecord, type StoreState } from '../store/index.ts';
import { Catalogs } from './catalogs.ts';
import type { Configuration } from './configuration/index.ts';
import { ddlEvents } from './ddl-events.ts';
import { Documents } from './documents.ts';
import { FindingWatch } from './finding-watch.ts';
import { giveBackMemory, keepLittle } from './give-back.ts';
import { Governor } from './governor.ts';
import type { Intervals } from './interval.ts';
import { LiveFeed } from './live.ts';
import { MetricFamilies } from './metrics/families.ts';
import { oomEvents } from './oom-events.ts';
import { OtlpPush, otlpTarget } from './otlp/index.ts';
import { ProcessCost } from './process-cost.ts';
import { Recorder } from './recorder.ts';
import { VERSION } from './version.ts';
import { startShown } from './watch.ts';

const NO_STORE = 'none';
/** Findings are of minutes: there is no need to draw them at every flush. */
const FINDINGS_EVERY_MS = 60_000;
/** By then all is compiled and loaded that a start needs; now and then there is more, as when signals are given up. */
const SETTLED_MS = 20_000;
const GIVE_BACK_EVERY_MS = 5 * 60_000;

interface Parts {
  readonly attribution: Attribution;
  readonly feed: LiveFeed;
  readonly store: Store | undefined;
  readonly governor: Governor;
  readonly otlp: ReturnType<typeof otlpTarget>;
}

export class Agent {
  readonly feed: LiveFeed;
  /** Absent with `store = none`. */
  readonly store: Store | undefined;
  readonly #configuration: Configuration;
  readonly #attribution: Attribution;
  readonly #governor: Governor;
  readonly #recorder: Recorder | undefined;
  readonly #cost = new ProcessCost();
  readonly #started = Date.now();
  readonly #documents: Documents;
  /** Lock waits until then are known to the findings. */
  #locksUntilMs = Date.now();
  #isClosing = false;
  readonly #metrics: MetricFamilies;
  readonly #findings: FindingWatch | undefined;
  readonly #otlp: OtlpPush | undefined;
  readonly #settling: NodeJS.Timeout = setTimeout(giveBackMemory, SETTLED_MS).unref();
  readonly #givingBack: NodeJS.Timeout = setInterval(giveBackMemory, GIVE_BACK_EVERY_MS).unref();
  #nextFindingsMs = Date.now() + FINDINGS_EVERY_MS;

  static async start(configuration: Configuration, onError: (error: unknown) => void): Promise<Agent> {
    requireHost();
    keepLittle();
    const { pgdata, store: url, budget } = configuration;
    const otlp = otlpTarget(configuration);
    // What is easily wrong first: a path that cannot be written is told before anything is attached.
    const store =
      url === NO_STORE
        ? undefined
        : await openStore(url, { retention: retentionOf(configuration), spool: spoolOf(configuration) });
    const watched = await startShown({ waits: true, ...(pgdata.length > 0 && { pgdata }) }).catch(
      async (error: unknown) => {
        await store?.close();
        throw error;
      },
    );
    const governor = new Governor(watched.attribution, { budget, onError });
    const { attribution } = watched;
    const { host, connect: urls } = configuration;
    const catalogs = urls.length > 0 ? new Catalogs({ urls, attribution, host, onError }) : undefined;
    const feed = new LiveFeed(watched, {
      host,
      overhead: () => governor.overhead,
      // A little longer than what the flushes bring.
      restMs: configuration.flush_interval + 1000,
      catalogs,
    });
    return new Agent(configuration, { attribution, store, feed, governor, otlp }, onError);
  }

  private constructor(configuration: Configuration, parts: Parts, onError: (error: unknown) => void) {
    const { attribution, feed, store, governor, otlp } = parts;
    this.#governor = governor;
    this.#configuration = configuration;
    this.#attribution = attribution;
    this.feed = feed;
    this.#documents = new Documents(configuration.host, feed);
    this.store = store;
    this.#metrics = new MetricFamilies(configuration.metrics_queries);
    this.#findings = store && new FindingWatch(configuration.host, store, feed);
    const { host, flush_interval: flushMs } = configuration;
    if (store)
      this.#recorder = new Recorder({
        attribution,
        store,
        host,
        flushMs,
        onError,
        records: (interval, now, led) => this.#measure(interval, now, led),
      });
    this.#otlp =
      otlp &&
      new OtlpPush(otlp, {
        host,
        version: VERSION,
        startedMs: this.#started,
        families: () => this.families(),
        executions: feed.executions,
        onError,
      });
  }

  async status(): Promise<AgentStatus> {
    const { host, flush_interval: flushMs } = this.#configuration;
    const { clusters, refused } = this.#attribution;
    return {
      host,
      version: VERSION,
      pid: process.pid,
      started: rfc3339(this.#started),
      tier: 'exact',
      cost: {
        ...this.#cost.read(),
        bpf_memory_bytes: this.#attribution.memoryBytes(),
        dropped: this.#attribution.dropped(),
        forgotten_queries: this.#attribution.forgotten,
      },
      history: { ...historyOf(await this.store?.state()), flush_interval_us: flushMs * 1000 },
      otlp: this.#otlp?.status ?? null,
      clusters: clusters.map(({ pgdata, major, systemIdentifier }) => ({
        pgdata,
        major,
        system_identifier: systemIdentifier,
      })),
      refused: refused.map(({ pgdata, reason }) => ({ pgdata, reason: reason.what })),
    };
  }

  /** Whose the servers are that are watched: the owners of their data directories. */
  get owners(): { readonly uid: number; readonly gid: number }[] {
    const found = this.#attribution.clusters.map(({ pid }) => statSync(`/proc/${pid}/cwd`, { throwIfNoEntry: false }));
    return found.filter((stats) => stats !== undefined).map(({ uid, gid }) => ({ uid, gid }));
  }

  /** Takes over what can change while it runs. */
  reload(configuration: Configuration): void {
    this.store?.retain?.(retentionOf(configuration));
  }

  /** For Prometheus: counters since the start. */
  async families(): Promise<Family[]> {
    return this.#metrics.of(this.#attribution.read(), await this.status());
  }

  /** Writes what happened since the last flush, then lets go of everything. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#settling);
    clearInterval(this.#givingBack);
    await this.#otlp?.close();
    this.feed.close();
    await this.feed.catalogs?.close();
    await this.#governor.close();
    await this.#recorder?.close();
    await this.store?.close();
    this.#attribution.close();
  }

  /** Once a flush: documents to keep besides the counts. */
  async #measure(interval: Interval, { totals, io }: IoReading, led: Intervals): Promise<StoredRecord[]> {
    this.#cost.read();
    await this.feed.advance(totals, { led, io });
    const now = totals.wallMs;
    // A wait's sums can be taken once: the live feed has them.
    const locks = this.feed.locks?.between({ fromMs: this.#locksUntilMs, toMs: now }).rows ?? [];
    this.#locksUntilMs = now;
    this.#findings?.addLocks(locks, now);
    const killed = oomEvents(interval.host, this.#attribution);
    const events = [...ddlEvents(interval), ...killed, ...(this.feed.catalogs?.drainEvents() ?? [])];
    return [...this.#documents.take(now, this.#isClosing), ...events, ...(await this.#look(now))];
  }

  async #look(now: number): Promise<StoredRecord[]> {
    if (now < this.#nextFindingsMs) return [];
    this.#nextFindingsMs = now + FINDINGS_EVERY_MS;
    return (await this.#findings?.look(now)) ?? [];
  }
}

const spoolOf = ({ spool: folder, spool_size: maxBytes }: Configuration) => ({ folder, maxBytes });

function retentionOf({ keep_10s, keep_1min, keep_1h, keep_1d, max_size }: Configuration) {
  return { keepMs: [keep_10s, keep_1min, keep_1h, keep_1d], maxBytes: max_size };
}

export function historyOf(state: StoreState | undefined): Omit<AgentStatus['history'], 'flush_interval_us'> {
  const moment = (ms: number | null | undefined): string | null =>
    ms === null || ms === undefined ? null : rfc3339(ms);
  return {
    store: state?.url ?? null,
    bytes: state?.bytes ?? 0,
    oldest: moment(state?.oldestMs),
    newest: moment(state?.newestMs),
    trouble: state?.trouble ?? null,
    pending_intervals: state?.pending ?? 0,
    lost_intervals: state?.lost ?? 0,
  };
}
