/** Attribution of this host's PostgreSQL clusters: which are watched, and what their backends did so far. */
import type { ExecutionRow, Overhead, ProfileRow } from '../../api/index.ts';
import { PebbleError } from '../../base/errors.ts';
import { capabilities } from '../../bpf/features/index.ts';
import {
  type DiscoveredCluster,
  discoverClusters,
  listChildren,
  Newcomers,
  readInnermostPid,
} from '../../postgres/discover/index.ts';
import type { Fingerprinter } from '../../postgres/fingerprint/index.ts';
import { layoutOf } from '../../postgres/layout/index.ts';
import type { ObservedCluster, Refused } from '../observed.ts';
import { sharedFingerprinter } from '../parser/index.ts';
import { Sessions } from '../sessions.ts';
import { Clients, type ClientTotals } from './clients.ts';
import { isSameDoer } from './doer.ts';
import { Engine, type EngineOptions, OTHERS } from './engine.ts';
import { otherEndOf } from './events.ts';
import { type EndedExecution, endedExecutions } from './execution-rows.ts';
import { Executions } from './executions.ts';
import { firstSight } from './first-sight.ts';
import { requireHost } from './host.ts';
import { IdleKeys, type IdleOptions } from './idle-keys.ts';
import { INNER_NOT_KNOWN, type Inner, NOT_KNOWN } from './inner.ts';
import { type InnerProfile, innerProfile } from './inner-profile.ts';
import { ioProfile } from './io-profile.ts';
import { IO_MAXIMA, type IoFileTotals, IoTotals, type IoTotalsRow, isSameRequests } from './io-totals.ts';
import { shortcomingOf } from './kernel.ts';
import { kernelLockProfile } from './lock-profile.ts';
import { LockWatch } from './locks/lock-watch.ts';
import { Monotone } from './monotone.ts';
import { type OomKill, OomKills } from './oom-kills.ts';
import { OverheadMeter } from './overhead.ts';
import { phaseProfile } from './phase-profile.ts';
import { PipeEnds } from './pipe-ends.ts';
import { isAlive } from './processes.ts';
import { kernelProfile } from './profile.ts';
import { profileRows } from './profile-rows.ts';
import type { Signal } from './program.ts';
import type { KernelProfile } from './records.ts';
import { StackSamples, type StackTotals } from './stack-samples.ts';
import { type SlotIdentity, Statements } from './statements.ts';
import {
  type Doer,
  droppedSoFar,
  isSameQuery,
  isSameWait,
  QUERY_MAXIMA,
  type QueryTotals,
  Totals,
  WAIT_MAXIMA,
  type WaitTotals,
} from './totals.ts';
import { type Underway, underwayOf } from './underway.ts';
import type { Window } from './window.ts';

export interface WatchedCluster extends ObservedCluster {
  /** BackendType of sessions in this major. */
  readonly clientBackend: number;
  /** pg_stat_activity.backend_type by BackendType. */
  readonly backendTypes: readonly (string | null)[];
  /** Waits for fsync of WAL are its calls; else its sleeps, of which a call may have several. */
  readonly countsWalSyncs: boolean;
}

export interface AttributionOptions extends EngineOptions {
  /** Only the clusters with these data directories. */
  readonly pgdata?: string | readonly string[];
  /** Only this server process: the kernel knows no other, and passes over them. */
  readonly pid?: number;
  /** Starts although none of them runs: `refresh` finds them when they do. */
  readonly waits?: boolean;
  /** When keys of statements that nobody executes are taken out of the kernel. */
  readonly idle?: Partial<IdleOptions>;
}

export class Attribution {
  readonly #engine: Engine;
  readonly #options: AttributionOptions;
  readonly #fingerprinter: Fingerprinter;
  readonly #statements: Statements;
  /** By slot, as long as nothing more becomes known of it: every reading asks for each many times. */
  readonly #doers = new Map<number, Doer>();
  readonly #clusters: WatchedCluster[] = [];
  readonly #newcomers: Newcomers = new Newcomers();
  /** That are watched, or that nobody asked for. */
  #postmasters: ReadonlySet<number> = new Set();
  readonly #refused = new Map<string, Refused>();
  readonly #queries: Monotone<QueryTotals> = new Monotone({ isSame: isSameQuery, maxima: QUERY_MAXIMA });
  readonly #waits: Monotone<WaitTotals> = new Monotone({ isSame: isSameWait, maxima: WAIT_MAXIMA });
  readonly #requests: Monotone<IoTotalsRow> = new Monotone({ isSame: isSameRequests, maxima: IO_MAXIMA });
  readonly #files: Monotone<IoFileTotals> = new Monotone({
    isSame: (row, before) => isSameDoer(row.doer, before.doer),
    maxima: [],
  });
  readonly #askers: Monotone<ClientTotals> = new Monotone({ isSame: () => true, maxima: [] });
  readonly #clients: Clients;
  readonly #idle: IdleKeys;
  readonly #pipeEnds: PipeEnds = new PipeEnds();
  #samples: StackSamples | undefined;
  #executions: Executions | undefined;
  #oomKills: OomKills | undefined;
  #meter: OverheadMeter | undefined;
  #lostBefore = 0;
  #madeGood = 0;
  #locks: LockWatch | undefined;

  /** Watches every cluster that runs now; `refresh` finds those that start later. */
  static async start(options: AttributionOptions = {}): Promise<Attribution> {
    requireHost();
    const found = selectClusters(options);
    const fingerprinter = sharedFingerprinter();
    const statements = new Statements(fingerprinter);
    const engine = await Engine.load((statement) => statements.add(statement), options);
    const attribution = new Attribution(engine, fingerprinter, statements, options);
    try {
      await attribution.#startSignals();
      await engine.attach();
      for (const cluster of found) attribution.#watch(cluster);
      if (!options.waits) attribution.#refuseNothingWatched();
      return attribution;
    } catch (error) {
      attribution.close();
      throw error;
    }
  }

  private constructor(
    engine: Engine,
    fingerprinter: Fingerprinter,
    statements: Statements,
    options: AttributionOptions,
  ) {
    this.#engine = engine;
    this.#fingerprinter = fingerprinter;
    this.#statements = statements;
    this.#options = options;
    const source = {
      listHeld: () => this.#listHeld(),
      identify: (slot: number) => this.#identify(slot),
      forget: (slots: readonly number[]) => this.#forget(slots),
      keepInner: (ids: ReadonlySet<bigint>) => statements.keepInner(ids),
    };
    this.#idle = new IdleKeys(engine, source, options.idle);
    this.#clients = new Clients(engine, (index) => this.#clusters[index], options.idle);
  }

  /** Those that run; one that was restarted is there once. */
  get clusters(): readonly WatchedCluster[] {
    return this.#clusters.filter(({ pid }) => isAlive(pid));
  }

  get refused(): readonly Refused[] {
    return [...this.#refused.values()].filter(({ pid }) => isAlive(pid));
  }

  /** Waits for heavyweight locks. With the signal `locks` only. */
  get locks(): LockWatch | undefined {
    return this.#locks;
  }

  cluster(index: number): WatchedCluster | undefined {
    return this.#clusters[index];
  }

  /** What is executed inside of a statement, by the kernel's id for it (inner.bt): nothing for 0. */
  innerOf(id: bigint): Inner | undefined {
    if (id === 0n) return undefined;
    if (!this.#statements.inner(id)) this.#engine.drain();
    const known = this.#statements.inner(id);
    // Its text found no room on its way here: it comes when it is next met.
    if (!known && id !== INNER_NOT_KNOWN) this.#engine.keyed('@inner').delete(id);
    return known ?? NOT_KNOWN;
  }

  /** What cannot be seen on this kernel; absent where everything can. */
  get shortcoming(): string | undefined {
    return shortcomingOf(this.#engine.ways);
  }

  /** Events lost since the start, by every cause: without reading all sums. */
  dropped(): number {
    return droppedSoFar(this.#engine, () => this.lost());
  }

  /** Events that found no room on their way here; introductions that were made good are none. */
  lost(): number {
    this.#makeGood();
    return this.#engine.lostEvents() - this.#madeGood + this.#engine.missedEvents();
  }

  /** Statements that nobody executed for long, and whose sums are not among those of `read` any more: there were too many. */
  get forgotten(): number {
    return this.#idle.forgotten;
  }

  /** Watches clusters that were started since. */
  refresh(): void {
    if (!this.#newcomers.look(this.#postmasters)) return;
    const found = discoverClusters().clusters;
    for (const cluster of found) {
      const isKnown = this.#clusters.some(({ pid }) => pid === cluster.pid);
      if (!isKnown && isWanted(cluster, this.#options)) this.#watch(cluster);
    }
    // One that was refused may only just have started: its children are a reason to try it again.
    this.#postmasters = new Set(found.map(({ pid }) => pid)).difference(new Set(this.refused.map(({ pid }) => pid)));
  }

  /**
   * A backend whose doings are ours, by the pid that its server gives it: it is left out of all figures from now on.
   * Where servers in namespaces of their own have two with this pid, both stay in.
   */
  disregard(pid: number): void {
    const [backend, ...others] = this.#listChildren().filter((child) => readInnermostPid(child) === pid);
    if (backend !== undefined && others.length === 0) this.#engine.forget(backend);
  }

  /** Everything counted since the start. */
  read(): Totals {
    // All texts that are there: one may tell the query id of another.
    this.#engine.drain();
    this.#idle.advance();
    const totals = new Totals({
      engine: this.#engine,
      identify: (slot) => this.#identify(slot),
      innerOf: (id) => this.innerOf(id),
      otherEnd: (cluster, event) => this.#otherEnd(cluster, event),
      listUnderway: () => this.#listUnderway(),
      clients: this.#clients,
      countLost: () => this.lost(),
    });
    this.#queries.follow(totals.queries, totals.reading);
    this.#waits.follow(totals.waits, totals.reading);
    this.#askers.follow(totals.clients, totals.reading);
    return totals;
  }

  /** What was asked of block devices since the start, with the signal `io`. */
  readIo(): IoTotals {
    const io = new IoTotals(this.#engine, (slot) => this.#identify(slot));
    this.#requests.follow(io.requests, io.reading);
    this.#files.follow(io.files, io.reading);
    return io;
  }

  /** What is collected now besides times, waits and counts. */
  get signals(): ReadonlySet<Signal> {
    return this.#engine.signals;
  }

  /** What the kernel has charged for all that is kept there. */
  memoryBytes(): number {
    return this.#engine.memoryBytes();
  }

  /** From now on these are not collected, and cost nothing. */
  async dropSignals(signals: readonly Signal[]): Promise<void> {
    await this.#engine.swap(this.#engine.signals.difference(new Set(signals)));
  }

  /** What watching has cost since the last call; takes a second. */
  measureOverhead(policy: Pick<Overhead, 'budget'> & { readonly givenUp: readonly string[] }): Promise<Overhead> {
    this.#meter ??= new OverheadMeter(this.#engine);
    return this.#meter.advance(this.dropped(), policy);
  }

  /** The slowest requests of each statement since the last call, with the signal `executions`. */
  takeExecutions(window: Window): ExecutionRow[] {
    return this.takeEnded(window).map((ended) => ended.row());
  }

  /** The same for those who keep many and look at few; `atLeastMs`: so long they are those that are slower than all before. */
  takeEnded(window: Window, atLeastMs = 0): EndedExecution[] {
    if (!this.#executions) throw new PebbleError('internal', { what: 'executions were not asked for' });
    this.#engine.drain();
    return endedExecutions(this.#executions.take(atLeastMs), (slot) => this.#identify(slot), window, {
      resources: this.#engine.signals.has('resources'),
      memoryPeak: this.#engine.ways.fragments.includes('memory-peak'),
      innerOf: (id) => this.innerOf(id),
    });
  }

  /** Processes that the kernel has killed for want of memory since the last call; none without the signal `resources`. */
  takeOomKills(): OomKill[] {
    return this.#oomKills?.take((slot) => this.#identify(slot)) ?? [];
  }

  /** Stacks met since the last call; those that are still being unwound come with the next one. */
  takeProfile(window: Window): ProfileRow[] {
    this.#engine.drain();
    const samples = this.#profiled();
    return this.#profileRows(samples.take(), samples, window);
  }

  /** Stacks met since the start, or since they were last taken. With the signals `profile` or `off_cpu` only, and no more after this. */
  async endProfile(window: Window): Promise<ProfileRow[]> {
    const samples = this.#profiled();
    samples.endSleeps(this.#listChildren(), process.hrtime.bigint());
    await samples.stop();
    return this.#profileRows(samples.take(), samples, window);
  }

  #profiled(): StackSamples {
    if (!this.#samples) throw new PebbleError('internal', { what: 'no profile was asked for' });
    return this.#samples;
  }

  #profileRows(stacks: Iterable<StackTotals>, { dropped }: StackSamples, window: Window): ProfileRow[] {
    return profileRows(
      stacks,
      ({ identity, inner }) => {
        const doer = this.#doerOf(this.#statements.identify(identity));
        return doer && { ...doer, inner: this.innerOf(inner) };
      },
      { ...window, dropped: window.dropped + dropped },
    );
  }

  close(): void {
    void this.#samples?.stop();
    this.#locks?.close();
    this.#engine.close();
  }

  async #startSignals(): Promise<void> {
    const { signals } = this.#engine;
    if (signals.has('profile') || signals.has('off_cpu')) this.#samples = await StackSamples.start(this.#engine);
    if (signals.has('executions')) this.#executions = new Executions(this.#engine);
    if (signals.has('resources') && this.#engine.ways.fragments.includes('oom-kills'))
      this.#oomKills = new OomKills(this.#engine);
    if (signals.has('locks')) this.#locks = new LockWatch(this.#engine, this.#statements);
  }

  #openSessions(index: number, cluster: DiscoveredCluster, inner: InnerProfile | undefined): Sessions | undefined {
    if (!this.#locks) return undefined;
    const sessions = new Sessions(cluster, this.#fingerprinter, inner);
    this.#engine.setLockProfile(index, kernelLockProfile(sessions.open));
    return sessions;
  }

  #listHeld(): Set<number> {
    return new Set(this.#listChildren().map((pid) => this.#engine.backend(pid)?.slot ?? 0));
  }

  #listChildren(): number[] {
    return this.clusters.flatMap(({ pid }) => listChildren(pid));
  }

  #listUnderway(): Underway[] {
    const now = process.hrtime.bigint();
    const backends = this.#listChildren().map((pid) => this.#engine.backend(pid));
    return backends.flatMap((backend) => (backend && underwayOf(backend, now)) ?? []);
  }

  /** A statement is introduced before it is counted: what the maps name, the ring has given or holds. */
  #identify(slot: number): Doer | undefined {
    const identity = this.#statements.get(slot) ?? this.#introduced(slot);
    if (!identity) return undefined;
    const known = this.#doers.get(slot);
    if (known?.identity === identity) return known;
    const doer = this.#doerOf(identity);
    if (doer) this.#doers.set(slot, doer);
    return doer;
  }

  #introduced(slot: number): SlotIdentity | undefined {
    this.#engine.drain();
    if (!this.#statements.get(slot)) this.#makeGood();
    return this.#statements.get(slot);
  }

  #forget(slots: readonly number[]): void {
    this.#statements.forget(slots);
    for (const slot of slots) this.#doers.delete(slot);
  }

  /** Introductions that found no room: whose slots they are is in the kernel, their texts come when they are next met. */
  #makeGood(): void {
    const lost = this.#engine.lostEvents();
    if (lost === this.#lostBefore) return;
    this.#lostBefore = lost;
    const untold = this.#engine.askAgain((slot) => this.#statements.isIntroduced(slot));
    for (const one of untold) this.#statements.addUntold(one);
    this.#madeGood += untold.length;
  }

  #otherEnd(cluster: number, event: number): string | undefined {
    const end = otherEndOf(event);
    const pipe = end && this.#engine.keyed('@pipes').get({ _0: cluster, _1: event });
    if (!end || !pipe) return undefined;
    const postmasters = this.#clusters.map(({ pid }) => pid);
    return this.#pipeEnds.nameOf((pipe as { readonly inode: bigint }).inode, end, postmasters);
  }

  #doerOf(identity: SlotIdentity): Doer | undefined {
    const cluster = this.#clusters[identity.cluster];
    return cluster && { cluster, identity };
  }

  #watch(cluster: DiscoveredCluster): void {
    const index = this.#clusters.length;
    try {
      const profile = kernelProfile(cluster, this.#engine.ways);
      this.#engine.setProfile(index, profile);
      this.#statements.addOthers(OTHERS + index, index, profile.client_backend);
      const inner = this.#engine.signals.has('inner') ? innerProfile(cluster) : undefined;
      if (inner) this.#engine.setInnerProfile(index, inner);
      const sessions = this.#openSessions(index, cluster, inner);
      if (this.#engine.signals.has('phases')) this.#engine.setPhaseProfile(index, phaseProfile(cluster));
      if (this.#engine.signals.has('io')) this.#engine.setIoProfile(index, ioProfile(cluster));
      if (!this.#watchProcesses(cluster, index, profile)) return;
      this.#refused.delete(cluster.pgdata);
      const { pgdata, systemIdentifier, major, pid } = cluster;
      const { backendTypes } = layoutOf(major);
      this.#clusters.push({
        pgdata,
        systemIdentifier,
        major,
        pid,
        clientBackend: profile.client_backend,
        backendTypes,
        countsWalSyncs: profile.wal_sync !== 0,
      });
      if (sessions) this.#locks?.add(index, sessions);
    } catch (error) {
      if (!(error instanceof PebbleError)) throw error;
      this.#refused.set(cluster.pgdata, { pgdata: cluster.pgdata, pid: cluster.pid, reason: error });
    }
  }

  /** The postmaster first: whoever it forks from now on is known, and whoever it forked before is there to be found. */
  #watchProcesses(cluster: DiscoveredCluster, index: number, profile: KernelProfile): boolean {
    const { pid: only } = this.#options;
    if (only === undefined && !this.#engine.watch(cluster.pid, index, 'postmaster')) return false;
    for (const { pid } of childrenOf(cluster))
      if (only === undefined || pid === only) this.#engine.watch(pid, index, firstSight(pid, profile));
    return true;
  }

  #refuseNothingWatched(): void {
    const [first] = this.#refused.values();
    if (this.#clusters.length === 0 && first) throw first.reason;
  }
}

const childrenOf = ({ pid }: DiscoveredCluster): DiscoveredCluster['children'] =>
  discoverClusters().clusters.find((cluster) => cluster.pid === pid)?.children ?? [];

export const isWanted = (cluster: DiscoveredCluster, { pgdata, pid }: AttributionOptions): boolean =>
  (pgdata === undefined ||
    (typeof pgdata === 'string' ? cluster.pgdata === pgdata : pgdata.includes(cluster.pgdata))) &&
  (pid === undefined || cluster.children.some((child) => child.pid === pid));

function selectClusters(options: AttributionOptions): readonly DiscoveredCluster[] {
  const { clusters } = discoverClusters();
  const wanted = clusters.filter((cluster) => isWanted(cluster, options));
  if (wanted.length > 0 || options.waits) return wanted;
  const running = clusters.map(({ pgdata }) => pgdata).join(', ');
  const doing = 'looking for PostgreSQL on this host';
  const blind = capabilities().find(({ name, held }) => name === 'CAP_SYS_PTRACE' && !held);
  if (blind) throw new PebbleError('privilege', { doing, what: `without ${blind.name} ${blind.without}` });
  if (options.pid !== undefined && running !== '') {
    throw new PebbleError('no-target', {
      doing,
      what: `${options.pid} is no process of ${options.pgdata ?? 'a server'} that runs here`,
      hint: 'pg_stat_activity.pid has those of sessions; in a container processes have other numbers than outside',
    });
  }
  throw new PebbleError('no-target', {
    doing,
    what: options.pgdata ? `no server runs on the data directory ${options.pgdata}` : 'no server runs here',
    hint: running ? `these data directories are served: ${running}` : 'start one, or try `pebble demo`',
  });
}
