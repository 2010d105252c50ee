/**
 * The tier of observation that needs neither root nor eBPF: looks into the servers' memory many times a second. It may
 * look into those of its own user only; what it shows are estimates.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PebbleError } from '../../base/errors.ts';
import { type DiscoveredCluster, discoverClusters } from '../../postgres/discover/index.ts';
import type { Fingerprinter } from '../../postgres/fingerprint/index.ts';
import type { BackendSample } from '../../postgres/memory/index.ts';
import { innerProfile } from '../attribution/inner-profile.ts';
import { isAlive } from '../attribution/processes.ts';
import type { ObservedCluster, Refused } from '../observed.ts';
import { sharedFingerprinter } from '../parser/index.ts';
import { Sessions } from '../sessions.ts';
import { type SampledReading, SampledSums } from './sums.ts';
import { waitOf } from './wait-of.ts';

export interface SampledOptions {
  /** Only the clusters with these data directories. */
  readonly pgdata?: string | readonly string[];
  /** Whether somebody asks what is executed inside of statements. */
  readonly inside?: boolean;
}

interface Watched {
  readonly cluster: ObservedCluster;
  readonly sessions: Sessions;
}

const START_TRIES = 5;
const START_RETRY_MS = 100;
/** On average; varied, so that nothing that repeats itself is seen always in the same phase. */
const INTERVAL_MS = 50;
/** A sample stands for no more than this: the machine may have slept. */
const LONGEST_NS = 1e9;
const WORKING: ReadonlySet<string | null> = new Set(['active', 'fastpath function call']);

export class Sampled {
  /** Data directories; none: all of them. */
  readonly #wanted: readonly string[];
  readonly #inside: boolean;
  readonly #fingerprinter: Fingerprinter;
  readonly #watched = new Map<number, Watched>();
  readonly #refused = new Map<string, Refused>();
  readonly #sums = new SampledSums();
  #timer: NodeJS.Timeout | undefined;
  #last = process.hrtime.bigint();

  /** Undefined where no server that runs may be looked into. */
  static async start(options: SampledOptions): Promise<Sampled | undefined> {
    const sampled = new Sampled(options, sharedFingerprinter());
    sampled.refresh();
    for (let tries = 0; sampled.#mayJustHaveBegun() && tries < START_TRIES; tries++) {
      await sleep(START_RETRY_MS);
      sampled.refresh();
    }
    if (sampled.#watched.size === 0) return undefined;
    sampled.#schedule();
    return sampled;
  }

  private constructor(options: SampledOptions, fingerprinter: Fingerprinter) {
    this.#wanted = [options.pgdata ?? []].flat();
    this.#inside = options.inside ?? false;
    this.#fingerprinter = fingerprinter;
  }

  get clusters(): readonly ObservedCluster[] {
    return [...this.#watched.values()].map(({ cluster }) => cluster).filter(({ pid }) => isAlive(pid));
  }

  /** What is known of the processes of each server that runs, by its first one. */
  *sessions(): Generator<readonly [pid: number, Sessions]> {
    for (const [pid, { sessions }] of this.#watched) if (isAlive(pid)) yield [pid, sessions];
  }

  get refused(): readonly Refused[] {
    return [...this.#refused.values()].filter(({ pid }) => isAlive(pid));
  }

  /** Watches clusters that were started since. */
  refresh(): void {
    for (const found of discoverClusters().clusters) {
      const isWanted = this.#wanted.length === 0 || this.#wanted.includes(found.pgdata);
      if (isWanted && !this.#watched.has(found.pid)) this.#watch(found);
    }
  }

  read(): SampledReading {
    return this.#sums.read();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { sessions } of this.#watched.values()) sessions.close();
  }

  /** A server may be seen before its memory can be read; where none is seen or named nobody waits for it. */
  #mayJustHaveBegun(): boolean {
    return this.#watched.size === 0 && (this.#wanted.length > 0 || this.#refused.size > 0);
  }

  #watch(found: DiscoveredCluster): void {
    const { pgdata, systemIdentifier, major, pid } = found;
    try {
      const sessions = new Sessions(found, this.#fingerprinter, this.#inside ? innerProfile(found) : undefined);
      this.#watched.set(pid, { cluster: { pgdata, systemIdentifier, major, pid }, sessions });
      this.#refused.delete(pgdata);
    } catch (error) {
      if (!(error instanceof PebbleError)) throw error;
      this.#refused.set(pgdata, { pgdata, pid, reason: error });
    }
  }

  #schedule(): void {
    this.#timer = setTimeout(
      () => {
        this.#sample();
        this.#schedule();
      },
      INTERVAL_MS * (0.5 + Math.random()),
    );
  }

  #sample(): void {
    const now = process.hrtime.bigint();
    const ns = Math.min(Number(now - this.#last), LONGEST_NS);
    this.#last = now;
    this.#sums.begin();
    for (const { cluster, sessions } of this.#watched.values()) {
      for (const sample of sessions.open.sampler.sample() ?? []) {
        if (!isWorking(sample)) continue;
        const event = waitOf(cluster.major, sessions.processOf(sample.pid), sample.waitInfo);
        this.#sums.add({ cluster, session: sessions.describe(sample) }, event, ns);
      }
    }
  }
}

/** Sessions between statements do nothing; processes without a state always do something. */
const isWorking = ({ state }: BackendSample): boolean => state === null || WORKING.has(state);
