/** The kernel's side of attribution: loads program.bt, tells it which processes to watch, reads its sums. */
import type { Decoded, RecordShape } from '../../base/record.ts';
import {
  type Collection,
  decoder,
  type KeyedMap,
  loadCollection,
  type MapHandle,
  type Program,
  type TaskStorageMap,
} from '../../bpf/index.ts';
import { Poller, RingBuffer } from '../../bpf/ring/index.ts';
import { isSystemMap, SYSTEM_MAPS } from '../../lang/index.ts';
import { CounterMap } from '../reading.ts';
import { kernelChoice, PASSED, type StatementChoice } from './choice.ts';
import { OTHER_WAITS } from './events.ts';
import type { InnerProfile } from './inner-profile.ts';
import type { IoProfile } from './io-profile.ts';
import { findWays, type KernelWays } from './kernel.ts';
import type { KernelLockProfile } from './lock-profile.ts';
import { MEMORY_BUDGET } from './memory.ts';
import type { PhaseProfile } from './phase-profile.ts';
import { compileProgram, type ProgramMap, type RunningScript, type Signal, whatRuns, withRoom } from './program.ts';
import type {
  FirstSight,
  KernelBackend,
  KernelChoice,
  KernelIdentity,
  KernelProfile,
  KernelStatement,
} from './records.ts';
import { RetiredRows } from './retired.ts';
import { TaskRecords } from './task-records.ts';

/** Slots of records.bt for what has no room, by cluster. */
export const OTHERS = 0x40000000;
/** While the ring fills: in so long the busiest server fills a part of it, and each look costs the agent. */
const BUSY_MS = 10;
/** Of the ring: while less is in use at each look, it is looked at as seldom as if nothing came. */
const CALM_BELOW = 1 / 16;

/** One event of the ring: its value starts at `offset`. */
export type OnEmitted = (view: DataView, offset: number) => void;

export interface EngineOptions {
  /** What is collected besides times, waits and counts. */
  readonly signals?: readonly Signal[];
  /** Only what these execute: of anything else the kernel keeps nothing apart. */
  readonly choice?: StatementChoice;
  /** Most bytes of kernel memory that the sums may take; what finds no room goes to a row of others. */
  readonly memoryBytes?: number;
  /** Absent: the best that this kernel has. */
  readonly ways?: KernelWays;
}

/** Compiled for a set of signals, and loaded; its events have a ring of their own. */
interface Loaded {
  readonly script: RunningScript;
  readonly collection: Collection;
  readonly ring: RingBuffer;
  readonly poller: Poller;
}

export class Engine {
  readonly ways: KernelWays;
  readonly #handlers = new Map<string, OnEmitted>();
  /** Maps outlive the programs that brought them: another program may use them again. */
  readonly #maps = new Map<string, MapHandle>();
  readonly #scriptMaps = new Map<string, ProgramMap>();
  /** Bytes that all maps may take when they are full. */
  readonly memoryBudget: number;
  #signals: ReadonlySet<Signal>;
  #generation = 1;
  #isAttached = false;
  #epoch = 1;
  #ioEpoch = 1;
  #loaded: Loaded;
  #lostBefore = 0;
  #missedBefore = 0;
  /** By map. */
  readonly #retired = new Map<string, RetiredRows>();

  /** Compiles and loads; nothing is attached yet. */
  static async load(
    onStatement: (statement: KernelStatement) => void,
    { memoryBytes = MEMORY_BUDGET, ...options }: EngineOptions = {},
  ): Promise<Engine> {
    const signals = new Set(options.signals);
    const ways = options.ways ?? (await findWays());
    const choice = kernelChoice(options.choice ?? {});
    const script = compileProgram(signals, 1, ways, choice !== undefined);
    const collection = await loadCollection(withRoom(script, signals, memoryBytes));
    const engine = new Engine(whatRuns(script), collection, signals, memoryBytes, ways);
    if (choice) engine.#choose(choice);
    for (const name of ['statement', 'short_statement']) engine.listen<KernelStatement>(name, onStatement);
    return engine;
  }

  private constructor(
    script: RunningScript,
    collection: Collection,
    signals: ReadonlySet<Signal>,
    memoryBudget: number,
    ways: KernelWays,
  ) {
    this.ways = ways;
    this.memoryBudget = memoryBudget;
    this.#signals = signals;
    this.#loaded = this.#take(script, collection);
  }

  /** What is collected now. */
  get signals(): ReadonlySet<Signal> {
    return this.#signals;
  }

  get queries(): CounterMap {
    return this.counters('@queries');
  }
  get parts(): CounterMap {
    return this.counters('@parts');
  }
  get waits(): CounterMap {
    return this.counters('@waits');
  }
  get latencies(): CounterMap {
    return this.counters('@latencies');
  }
  get drops(): CounterMap {
    return this.counters('@drops');
  }

  /** Whether a program that was loaded here had this map. */
  hasMap(name: string): boolean {
    return this.#scriptMaps.has(name);
  }

  /** A map of records, by its name in the program. */
  counters(name: string): CounterMap {
    const epoch = name.startsWith('@io') ? this.#ioEpoch : this.#epoch;
    return new CounterMap(this.#scriptMaps.get(name)!, this.#loaded.collection, {
      kept: this.#retired.get(name),
      epoch,
    });
  }

  /** Maxima that are read from now on are those since the last time, of devices those since `beginIoReading`. Gives its number. */
  beginReading(): number {
    this.#epoch += 1;
    this.#control();
    return this.#epoch;
  }

  beginIoReading(): number {
    this.#ioEpoch += 1;
    this.#control();
    return this.#ioEpoch;
  }

  #control(): void {
    const active = this.#isAttached ? this.#generation : 0;
    this.keyed('@control').set(0, { active, epoch: this.#epoch, io_epoch: this.#ioEpoch });
  }

  /** Takes all rows of these slots out of a map of counters, and keeps their sums under the slots that they name. */
  retire(name: string, slots: ReadonlyMap<number, number>): void {
    const kept = this.#retired.get(name) ?? new RetiredRows(this.counters(name).fields);
    this.#retired.set(name, kept);
    kept.take(this.keyed(name), slots);
  }

  /** Of sums that were taken out of the kernel: nothing is known of these slots any more. */
  forgetRetired(slots: readonly number[]): void {
    for (const kept of this.#retired.values()) kept.forget(slots);
  }

  /** Whoever executes these statements from now on gets another slot. Gives those that had one. */
  forgetIdentities(slots: ReadonlySet<number>): number[] {
    const identities = this.keyed('@identities');
    const own = [...identities.entries()].filter(([, value]) => slots.has((value as { readonly slot: number }).slot));
    identities.deleteMany(own.map(([key]) => key));
    return own.map(([, value]) => (value as { readonly slot: number }).slot);
  }

  /** Entries that a map has room for. */
  capacity(name: string): number {
    return this.keyed(name).maxEntries;
  }

  /** A map of the program whose entries are read and written one by one. */
  keyed(name: string): KeyedMap<unknown, unknown> {
    return this.#map(name) as KeyedMap<unknown, unknown>;
  }

  /** The record of the events of this name. */
  emitted(name: string): RecordShape {
    return this.#loaded.script.events.find((event) => event.name === name)!.shape.fields.value as RecordShape;
  }

  /** What is emitted under this name goes to `handler`, from every place of the program. */
  on(name: string, handler: OnEmitted): void {
    this.#handlers.set(name, handler);
  }

  /** The same with its record decoded. */
  listen<Event>(name: string, handle: (event: Event) => void): void {
    const read = decoder(this.emitted(name));
    this.on(name, (view, offset) => handle(read(view, offset) as unknown as Event));
  }

  async attach(): Promise<void> {
    await this.#loaded.collection.attachAll();
    this.#isAttached = true;
    this.#control();
  }

  /** Nothing is seen until `attach` is called again; what was under way is not known then. */
  detach(): void {
    this.#isAttached = false;
    this.#control();
    for (const link of this.#loaded.collection.links.splice(0)) link.close();
  }

  /** Another program over the same maps, from one event to the next; what it does not collect keeps its sums. */
  async swap(signals: ReadonlySet<Signal>): Promise<void> {
    const generation = this.#generation + 1;
    const script = compileProgram(signals, generation, this.ways, this.hasMap('@choice'));
    const collection = await loadCollection(withRoom(script, signals, this.memoryBudget), { lent: this.#maps });
    try {
      await collection.attachAll();
    } catch (error) {
      collection.close();
      throw error;
    }
    const old = this.#loaded;
    this.#generation = generation;
    this.#signals = signals;
    this.#loaded = this.#take(whatRuns(script), collection);
    this.#control();
    for (const link of old.collection.links.splice(0)) link.close();
    old.poller.drain();
    this.#lostBefore += lostOf(old.collection);
    this.#missedBefore += missedOf(old.collection);
    release(old);
  }

  /** What is in the kernel, attached or not. */
  get loaded(): {
    readonly programs: readonly { readonly hook: string; readonly program: Program }[];
    readonly maps: readonly MapHandle[];
  } {
    const { script, collection } = this.#loaded;
    const programs = script.probes.map(({ name, program }) => ({ hook: name, program: collection.program(program) }));
    return { programs, maps: [...collection.maps.values()] };
  }

  /** What the kernel counts of each program while it counts (countRuns), in all. */
  programs(): { readonly hook: string; readonly runs: number; readonly ns: number }[] {
    const { script, collection } = this.#loaded;
    // One program may have several hooks: its runs are of them all.
    const hooks = Map.groupBy(script.probes, ({ program }) => program);
    return [...hooks].flatMap(([program, probes]) => {
      const stats = collection.programs.get(program)?.stats();
      const hook = probes.map(({ name }) => name).join(', ');
      return stats ? [{ hook, runs: Number(stats.runs), ns: Number(stats.timeNs) }] : [];
    });
  }

  /** What the kernel has charged for our maps. */
  memoryBytes(): number {
    const maps = new Set([...this.#maps.values(), ...this.#loaded.collection.maps.values()]);
    return [...maps].reduce((sum, map) => sum + map.chargedBytes(), 0);
  }

  #take(script: RunningScript, collection: Collection): Loaded {
    for (const [name, map] of collection.maps) if (!isSystemMap(name)) this.#maps.set(name, map);
    for (const map of script.maps) this.#scriptMaps.set(map.name, map);
    // Maps that this program does not use are still to be read.
    for (const [name, map] of this.#maps) if (!collection.maps.has(name)) collection.maps.set(name, map);
    const ring = new RingBuffer(collection.map(SYSTEM_MAPS.events));
    const handle = (view: DataView, offset: number): void => {
      const event = script.events[view.getUint32(offset, true)]!;
      if (event.name !== undefined) this.#handlers.get(event.name)?.(view, offset + event.shape.offsets.value!);
    };
    const poller = new Poller(ring, handle, { busyMs: BUSY_MS, calmBelow: CALM_BELOW });
    return { script, collection, ring, poller };
  }

  #choose(choice: KernelChoice): void {
    this.keyed('@choice').set(0, choice);
    this.#insertZero('@queries', PASSED);
  }

  setProfile(cluster: number, profile: KernelProfile): void {
    // The rows of what finds no room later.
    this.#insertZero('@queries', OTHERS + cluster);
    this.#insertZero('@waits', { _0: OTHERS + cluster, _1: OTHER_WAITS, _2: 0n });
    if (this.hasMap('@clients')) this.#insertZero('@clients', BigInt(OTHERS + cluster));
    (this.#map('@profiles') as KeyedMap<number, unknown>).set(cluster, {
      ...profile,
      temp_files_seen: this.ways.fragments.includes('temp-files') ? profile.temp_files_seen : 0,
      pad: 0,
    });
  }

  /** From now on waits for locks of this cluster are told. With the signal `locks` only. */
  setLockProfile(cluster: number, profile: KernelLockProfile): void {
    (this.#map('@lock_profiles') as KeyedMap<number, unknown>).set(cluster, { ...profile, pad: 0 });
  }

  setIoProfile(cluster: number, profile: IoProfile): void {
    this.keyed('@io_profiles').set(cluster, profile);
  }

  /** From now on what this cluster's statements are at is told. With the signal `phases` only. */
  setPhaseProfile(cluster: number, profile: PhaseProfile): void {
    this.keyed('@phase_profiles').set(cluster, profile);
  }

  /** From now on what this cluster's functions execute is told. With the signal `inner` only. */
  setInnerProfile(cluster: number, profile: InnerProfile): void {
    this.keyed('@inner_profiles').set(cluster, profile);
  }

  /** False when the process has ended. Children that are forked later are known by their postmaster. */
  watch(pid: number, cluster: number, as: 'postmaster' | FirstSight): boolean {
    const known = as === 'postmaster' ? { postmaster: 1 } : as;
    return this.#tasks('@backends').add(pid, { ...zeroOf(this.#shape('@backends')), cluster, ...known });
  }

  /** From now on it is none of those that are watched. */
  forget(pid: number): void {
    this.#tasks('@backends').delete(pid);
  }

  /** What the kernel knows of a process; nothing where it has ended or is not watched. */
  backend(pid: number): KernelBackend | undefined {
    return this.#tasks('@backends').get(pid) as KernelBackend | undefined;
  }

  /** Who has a slot and whose introduction found no room in the ring; each is to introduce itself again when next met. */
  askAgain(isIntroduced: (slot: number) => boolean): { readonly identity: KernelIdentity; readonly slot: number }[] {
    const identities = this.#map('@identities') as KeyedMap<KernelIdentity, { slot: number; again: number }>;
    const all = [...identities].map(([identity, { slot, again }]) => ({ identity, slot, again }));
    // What is in the map by now is in the ring, too, or was lost.
    this.drain();
    const lost = all.filter(({ slot, again }) => slot !== 0 && !again && !isIntroduced(slot));
    for (const { identity, slot } of lost) identities.set(identity, { slot, again: 1 }, 'existing');
    return lost;
  }

  /** A record of a process as its bytes; nothing where it has none. */
  taskRecord(name: string, pid: number): DataView | undefined {
    return this.#tasks(name).getRaw(pid);
  }

  /** Events that wait in the ring are handed over now. */
  drain(): void {
    this.#loaded.poller.drain();
  }

  /** Events that found the ring full. */
  lostEvents(): number {
    return this.#lostBefore + lostOf(this.#loaded.collection);
  }

  /** Events that came while the same program ran on the same CPU, which the kernel does not let in twice. */
  missedEvents(): number {
    return this.#missedBefore + missedOf(this.#loaded.collection);
  }

  close(): void {
    release(this.#loaded);
    for (const map of this.#maps.values()) map.close();
  }

  #tasks(name: string): TaskRecords<unknown> {
    return new TaskRecords(this.#map(name) as TaskStorageMap<unknown> | KeyedMap<number, unknown>);
  }

  #map(name: string): unknown {
    return this.#loaded.collection.map(this.#scriptMaps.get(name)!.spec);
  }

  #insertZero(name: string, key: unknown): void {
    const map = this.keyed(name);
    map.set(key, map.value.read(new DataView(new ArrayBuffer(map.value.size)), 0), 'new');
  }

  #shape(name: string): RecordShape {
    return this.#scriptMaps.get(name)!.valueShape as RecordShape;
  }
}

/** All but the maps that other programs may use again. */
function release({ collection, poller, ring }: Loaded): void {
  poller.stop();
  for (const link of collection.links.splice(0).reverse()) link.close();
  for (const program of collection.programs.values()) program.close();
  for (const [name, map] of collection.maps) if (isSystemMap(name)) map.close();
  ring.close();
}

function lostOf(collection: Collection): number {
  const lost = collection.maps.get(SYSTEM_MAPS.lost) as KeyedMap<number, bigint[]> | undefined;
  return Number((lost?.get(0) ?? []).reduce((sum, count) => sum + count, 0n));
}

const missedOf = ({ programs }: Collection): number =>
  [...programs.values()].reduce((sum, program) => sum + Number(program.stats().missed), 0);

/** The value of a record that was never written. */
function zeroOf(shape: RecordShape): Decoded<RecordShape> & object {
  return decoder(shape)(new DataView(new ArrayBuffer(shape.size)), 0);
}
