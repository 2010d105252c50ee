/** The kernel's side of attribution: compiles program.bt, loads it, tells it which processes to watch, reads its sums. */
import { readFileSync } from 'node:fs';
import { PebbleError } from '../../base/errors.ts';
import type { Decoded, RecordShape } from '../../base/record.ts';
import {
  type Collection,
  decoder,
  ESRCH,
  KernelError,
  type KeyedMap,
  loadCollection,
  type TaskStorageMap,
} from '../../bpf/index.ts';
import { Poller, RingBuffer } from '../../bpf/ring/index.ts';
import { type CompiledScript, compile, formatDiagnostics, SYSTEM_MAPS } from '../../lang/index.ts';
import { machineHost } from '../../tracer/index.ts';
import { CounterMap } from '../reading.ts';

const PROGRAM = new URL('program.bt', import.meta.url);
/** Where program.bt finds what it imports. */
const FRAGMENTS = {
  read: (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8'),
  list: () => undefined,
  isWorldWritable: () => false,
};
/** Room for statements at first sight: 1.2 KB each. */
const RING_BYTES = 1 << 20;

/** `struct profile` of records.bt. */
export interface KernelProfile {
  readonly my_be_entry: bigint;
  readonly wait_event_base: bigint;
  readonly wait_event_offset: number;
  readonly wait_lock: number;
  readonly wait_start: number;
  readonly state_failed: number;
  readonly my_proc: bigint;
  readonly my_proc_port: bigint;
  readonly port_database: number;
  readonly port_user: number;
  readonly buffer_usage: bigint;
  readonly wal_usage: bigint;
  readonly client_backend: number;
  readonly state_idle: number;
  readonly state_running: number;
  readonly query_ids: number;
}

/** What of `struct backend` is known of a process that was there before the watch. */
export interface FirstSight {
  readonly watched: bigint;
  readonly off_since: bigint;
  readonly blocked: number;
  readonly idle_wait: number;
  readonly run_delay: bigint;
  readonly gap_event: number;
  readonly lock: bigint;
  readonly lock_start: bigint;
  readonly lock_event: number;
}

/** What is read here of `struct backend` of records.bt. */
export interface KernelBackend {
  readonly attached: number;
  readonly in_session: number;
  readonly open: number;
  readonly blocked: number;
  readonly on_since: bigint;
  readonly off_since: bigint;
  readonly gap: bigint;
  readonly gap_event: number;
  readonly gap_pushed: number;
  readonly on_cpu: bigint;
  readonly off_cpu: bigint;
  readonly run_queue: bigint;
  readonly slot: number;
  readonly named: number;
  readonly lock: bigint;
  readonly lock_ns: bigint;
  readonly lock_event: number;
}

/** `struct statement` of records.bt. */
export interface KernelStatement {
  readonly identity: {
    readonly id: bigint;
    readonly cluster: number;
    readonly database: number;
    readonly user: number;
    readonly backend_type: number;
    readonly kind: number;
  };
  readonly slot: number;
  readonly text_bytes: number;
  readonly database: Uint8Array | string;
  readonly user: Uint8Array | string;
  readonly text: Uint8Array | string;
}

export class Engine {
  readonly queries: CounterMap;
  readonly waits: CounterMap;
  readonly latencies: CounterMap;
  readonly drops: CounterMap;
  readonly #collection: Collection;
  readonly #script: CompiledScript;
  readonly #ring: RingBuffer;
  readonly #poller: Poller;

  /** Compiles and loads; nothing is attached yet. */
  static async load(onStatement: (statement: KernelStatement) => void): Promise<Engine> {
    const script = compileProgram();
    return new Engine(script, await loadCollection(withRing(script)), onStatement);
  }

  private constructor(
    script: CompiledScript,
    collection: Collection,
    onStatement: (statement: KernelStatement) => void,
  ) {
    this.#script = script;
    this.#collection = collection;
    const counters = (name: string): CounterMap => new CounterMap(script, collection, name);
    this.queries = counters('@queries');
    this.waits = counters('@waits');
    this.latencies = counters('@latencies');
    this.drops = counters('@drops');
    this.#ring = new RingBuffer(collection.map(SYSTEM_MAPS.events));
    const { shape } = script.events.find((event) => event.kind === 'emit')!;
    const read = decoder(shape);
    this.#poller = new Poller(this.#ring, (view, offset) => {
      onStatement(read(view, offset).value as unknown as KernelStatement);
    });
  }

  async attach(): Promise<void> {
    await this.#collection.attachAll();
  }

  setProfile(cluster: number, profile: KernelProfile): void {
    (this.#map('@profiles') as KeyedMap<number, unknown>).set(cluster, { ...profile, shows_ids: 0, pad: 0 });
  }

  /** False when the process has ended. Children that are forked later are known by their postmaster. */
  watch(pid: number, cluster: number, as: 'postmaster' | FirstSight): boolean {
    const backends = this.#map('@backends') as TaskStorageMap<unknown>;
    const known = as === 'postmaster' ? { postmaster: 1 } : as;
    try {
      return backends.set(pid, { ...zeroOf(this.#shape('@backends')), cluster, ...known }, 'new');
    } catch (error) {
      if (error instanceof KernelError && error.errno === ESRCH) return false;
      throw error;
    }
  }

  /** What the kernel knows of a process; nothing where it has ended or is not watched. */
  backend(pid: number): KernelBackend | undefined {
    try {
      return (this.#map('@backends') as TaskStorageMap<KernelBackend>).get(pid);
    } catch (error) {
      if (error instanceof KernelError && error.errno === ESRCH) return undefined;
      throw error;
    }
  }

  /** Statements that wait in the ring are handed over now. */
  drain(): void {
    this.#poller.drain();
  }

  /** Statements that found the ring full. */
  lostStatements(): number {
    const lost = this.#collection.maps.get(SYSTEM_MAPS.lost) as KeyedMap<number, bigint[]> | undefined;
    return Number((lost?.get(0) ?? []).reduce((sum, count) => sum + count, 0n));
  }

  close(): void {
    this.#poller.stop();
    this.#collection.close();
    this.#ring.close();
  }

  #map(name: string): unknown {
    return this.#collection.map(this.#script.maps.find((map) => map.name === name)!.spec);
  }

  #shape(name: string): RecordShape {
    return this.#script.maps.find((map) => map.name === name)!.valueShape as RecordShape;
  }
}

function compileProgram(): CompiledScript {
  const source = { name: 'program.bt', text: readFileSync(PROGRAM, 'utf8') };
  const { script, diagnostics } = compile(source, { host: machineHost(), imports: { host: FRAGMENTS } });
  if (script) return script;
  throw new PebbleError('unsupported', {
    doing: 'compiling the attribution program for this kernel',
    what: 'it does not compile here',
    detail: formatDiagnostics(diagnostics.filter(({ severity }) => severity === 'error')),
    hint: '`pebble doctor` says what this kernel offers',
  });
}

function withRing({ collection }: CompiledScript): CompiledScript['collection'] {
  const maps = collection.maps.map((map) =>
    map.name === SYSTEM_MAPS.events ? { ...map, maxEntries: RING_BYTES } : map,
  );
  return { ...collection, maps };
}

/** The value of a record that was never written. */
function zeroOf(shape: RecordShape): Decoded<RecordShape> & object {
  return decoder(shape)(new DataView(new ArrayBuffer(shape.size)), 0);
}
