/** Whose time it is: the sums of clients.bt by database, user, application and address of the client, since the watch began. */
import { mergeRow } from '../../aggregate/index.ts';
import { clientAddress } from '../../postgres/memory/index.ts';
import type { WatchedCluster } from './attribution.ts';
import { type Engine, OTHERS } from './engine.ts';
import { IDLE, type IdleOptions } from './idle-keys.ts';
import { asText, wordsText } from './kernel-text.ts';
import type { Peaks } from './peaks.ts';
import type { KernelAsker } from './records.ts';
import type { Underway } from './underway.ts';

/** Fields of `struct client_counters`, times in ns. */
const CLIENT_COUNTERS = ['requests', 'on_cpu', 'off_cpu', 'run_queue'] as const;
const CLIENT_RULES = CLIENT_COUNTERS.map(() => 'sum' as const);

export interface ClientTotals {
  readonly cluster: WatchedCluster;
  readonly database: string | null;
  readonly user: string | null;
  /** '' where the session has given itself no name. */
  readonly application: string;
  /** `local`: by a Unix socket. */
  readonly client: string | null;
  readonly counters: Float64Array;
  /** None. */
  peaks: readonly Peaks[];
}

type Asker = Omit<ClientTotals, 'cluster' | 'counters' | 'peaks'> & { readonly cluster: number };

/** What a row of no one is called, in the kernel and in history. */
export const OTHER_CLIENTS = '<others>';

/** As of statements, but they take less memory each. */
const IDLE_CLIENTS: IdleOptions = { ...IDLE, most: 10_000 };

export class Clients {
  readonly #engine: Engine;
  readonly #clusterOf: (index: number) => WatchedCluster | undefined;
  readonly #options: IdleOptions;
  readonly #askers = new Map<bigint, Asker>();
  /** What was taken out of the kernel, the longest ago first: those may come again. */
  readonly #kept = new Map<bigint, Float64Array>();
  /** At the last look. */
  #counted: ReadonlyMap<bigint, number> = new Map();
  #lookedMs = performance.now();

  constructor(
    engine: Engine,
    clusterOf: (index: number) => WatchedCluster | undefined,
    options: Partial<IdleOptions> = {},
  ) {
    this.#engine = engine;
    this.#clusterOf = clusterOf;
    this.#options = { ...IDLE_CLIENTS, ...options };
  }

  /** Empty without the signal `clients`. By the kernel's key, of which the same names may have several. */
  read(): Map<string, ClientTotals> {
    const rows = new Map<string, ClientTotals>();
    if (!this.#engine.hasMap('@clients')) return rows;
    this.#makeRoom();
    this.#engine.counters('@clients').read((view, at, counters) => {
      this.#add(rows, view.getBigUint64(at, true), counters);
    });
    for (const [key, counters] of this.#kept) this.#add(rows, key, counters);
    return rows;
  }

  addUnderway(rows: Map<string, ClientTotals>, underway: readonly Underway[]): void {
    for (const { asker, isRequest, on_cpu, off_cpu, run_queue } of underway)
      if (isRequest && asker !== 0n) this.#add(rows, asker, Float64Array.of(0, on_cpu, off_cpu, run_queue));
  }

  #add(rows: Map<string, ClientTotals>, key: bigint, counters: Float64Array): void {
    const asker = this.#askerOf(key);
    const cluster = asker && this.#clusterOf(asker.cluster);
    if (!asker || !cluster) return;
    const name = key.toString();
    const row = rows.get(name) ?? { ...asker, cluster, counters: new Float64Array(CLIENT_RULES.length), peaks: [] };
    rows.set(name, row);
    mergeRow(CLIENT_RULES, row.counters, counters);
  }

  /** Nothing as long as the kernel has not written all of it: its sums are in the next reading, then. */
  #askerOf(key: bigint): Asker | undefined {
    const known = this.#askers.get(key);
    if (known) return known;
    const asker = key < HASHED ? othersOf(key) : askerOf(this.#engine.keyed('@askers').get(key) as KernelAsker);
    if (asker) this.#askers.set(key, asker);
    return asker;
  }

  /** Now and then: names that sessions give themselves may be new ones all day. */
  #makeRoom(): void {
    const { idleMs, fill, most } = this.#options;
    const now = performance.now();
    if (now - this.#lookedMs < idleMs) return;
    this.#lookedMs = now;
    const before = this.#counted;
    const counted = new Map<bigint, number>();
    this.#engine.counters('@clients').read((view, at, counters) => {
      counted.set(
        view.getBigUint64(at, true),
        counters.reduce((sum, value) => sum + value, 0),
      );
    });
    this.#counted = counted;
    if (counted.size < this.#engine.capacity('@clients') * fill) return;
    for (const [key, sum] of counted) if (key >= HASHED && before.get(key) === sum) this.#take(key);
    const resting = [...this.#kept.keys()].filter((key) => !counted.has(key));
    for (const key of resting.slice(0, Math.max(0, this.#kept.size - most))) this.#forget(key);
  }

  /** A session that is there still makes another entry when it asks for something. */
  #take(key: bigint): void {
    if (!this.#askerOf(key)) return;
    const copies = this.#engine.keyed('@clients').take(key) as readonly Record<string, bigint>[] | undefined;
    if (!copies) return;
    this.#engine.keyed('@askers').delete(key);
    const counters = this.#kept.get(key) ?? new Float64Array(CLIENT_RULES.length);
    for (const copy of copies)
      mergeRow(
        CLIENT_RULES,
        counters,
        Float64Array.from(CLIENT_COUNTERS, (name) => Number(copy[name])),
      );
    this.#kept.delete(key);
    this.#kept.set(key, counters);
  }

  #forget(key: bigint): void {
    this.#kept.delete(key);
    this.#askers.delete(key);
  }
}

/** As in clients.bt. */
const HASHED = 1n << 63n;

const othersOf = (key: bigint): Asker => ({
  cluster: Number(key) - OTHERS,
  database: null,
  user: null,
  application: OTHER_CLIENTS,
  client: null,
});

function askerOf(asker: KernelAsker | undefined): Asker | undefined {
  if (!asker?.told) return undefined;
  const address = new DataView(BigUint64Array.from(asker.address).buffer);
  return {
    cluster: asker.cluster,
    database: asText(asker.database_name),
    user: asText(asker.user_name),
    application: wordsText(asker.application),
    client: clientAddress(address, 0),
  };
}
