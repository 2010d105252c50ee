/** Attaches what can be attached of a loaded object, reads its records, and tells at the end what happened. */
import { isUtf8 } from 'node:buffer';
import { PebbleError } from '../../../base/errors.ts';
import type { IterLink } from '../../links/index.ts';
import { countRuns, type RunStats } from '../../programs/index.ts';
import type { MapSpec } from '../../spec/index.ts';
import { PERF_SOFTWARE, PERF_TYPE } from '../../sys/index.ts';
import { type MapEntry, MapReader } from './contents.ts';
import { type EventCounts, type EventRecord, EventStreams } from './events.ts';
import type { LoadedObject } from './load.ts';

export interface ProgramReport {
  readonly name: string;
  readonly section: string;
  readonly attached: boolean;
  /** How, of several ways that the kernel has. */
  readonly strategy: string | undefined;
  /** Why it is not attached, or what is lost by the way that it is. */
  readonly notes: readonly string[];
  /** undefined where the kernel does not count. */
  readonly stats: RunStats | undefined;
  /** What an iterator wrote: text, or bytes where it is none. */
  readonly output: string | Buffer | undefined;
}

export interface MapReport {
  readonly spec: MapSpec;
  /** Of ring buffers and perf event arrays. */
  readonly events: EventCounts | undefined;
  /** undefined where the entries can be told. */
  readonly unlisted: string | undefined;
  /** What was taken for what its definition does not say, or which entries could not be asked for. */
  readonly assumption: string | undefined;
  readonly entries: () => Iterable<MapEntry>;
}

const CPU_CLOCK = { type: PERF_TYPE.software, config: BigInt(PERF_SOFTWARE.cpu_clock), frequency: 99 };

interface Attached {
  readonly strategy?: string;
  readonly notes: readonly string[];
  readonly iter?: IterLink;
}

export class ObjectRun {
  readonly #loaded: LoadedObject;
  readonly #attached = new Map<string, Attached>();
  readonly #outputs = new Map<string, string | Buffer>();
  readonly #events: EventStreams;
  readonly #stopCounting: (() => void) | undefined;

  private constructor(loaded: LoadedObject, onRecord: (record: EventRecord) => void) {
    this.#loaded = loaded;
    this.#stopCounting = tryCounting();
    this.#events = new EventStreams(loaded, onRecord);
  }

  static async start(loaded: LoadedObject, onRecord: (record: EventRecord) => void): Promise<ObjectRun> {
    const run = new ObjectRun(loaded, onRecord);
    await run.#attach();
    return run;
  }

  /** How many programs are at their hooks. */
  get attached(): number {
    return [...this.#attached.values()].filter(({ strategy }) => strategy !== undefined).length;
  }

  async #attach(): Promise<void> {
    const { collection, unattached } = this.#loaded;
    for (const { program, error } of unattached) {
      const sampled = program.programKind === 'perf_event' && collection.programs.has(program.name);
      this.#attached.set(program.name, sampled ? await this.#sample(program.name) : { notes: [reasonOf(error)] });
    }
    for (const spec of collection.spec.links.filter(({ program }) => collection.programs.has(program))) {
      try {
        const link = await collection.attach(spec);
        const iter = spec.kind === 'iter' ? { iter: link as IterLink } : {};
        this.#attached.set(spec.program, { strategy: link.strategy, notes: link.warnings, ...iter });
      } catch (error) {
        if (!(error instanceof PebbleError)) throw error;
        this.#attached.set(spec.program, { notes: [reasonOf(error)] });
      }
    }
  }

  /** Sections of perf_event programs name no event: the clock is what most of them want. */
  async #sample(program: string): Promise<Attached> {
    try {
      const { strategy } = await this.#loaded.collection.attach({ kind: 'perf_event', program, ...CPU_CLOCK });
      return {
        strategy,
        notes: [`its section names no event: ${CPU_CLOCK.frequency} samples a second of the CPU clock`],
      };
    } catch (error) {
      if (!(error instanceof PebbleError)) throw error;
      return { notes: [reasonOf(error)] };
    }
  }

  /** Ends the tracing: iterators run once, links go, buffers are emptied. What the maps have stays. */
  finish(): void {
    for (const [name, { iter }] of this.#attached) if (iter) this.#outputs.set(name, textOrBytes(iter.read()));
    for (const link of this.#loaded.collection.links.splice(0)) link.close();
    this.#events.drain();
  }

  programs(): ProgramReport[] {
    const { collection, object, unattached } = this.#loaded;
    const known = new Set(
      [...collection.spec.programs, ...unattached.map(({ program }) => program)].map(({ name }) => name),
    );
    return object.programs
      .filter(({ name }) => known.has(name))
      .map(({ name, section }) => {
        const { strategy, notes } = this.#attached.get(name) ?? { notes: [] };
        const stats = this.#stopCounting && this.#loaded.collection.programs.get(name)?.stats();
        const output = this.#outputs.get(name);
        return { name, section, attached: strategy !== undefined, strategy, notes, stats, output };
      });
  }

  maps(): MapReport[] {
    const reader = new MapReader(this.#loaded.collection, this.#loaded.object.btf);
    return this.#loaded.collection.spec.maps.map((spec) => ({
      spec,
      events: this.#events.counts(spec.name),
      unlisted: reader.unlisted(spec),
      assumption: this.#loaded.assumptions.get(spec.name) ?? reader.incomplete(spec),
      entries: () => reader.entries(spec),
    }));
  }

  close(): void {
    this.#events.close();
    this.#stopCounting?.();
    this.#loaded.collection.close();
  }
}

function textOrBytes(bytes: Buffer): string | Buffer {
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString() : bytes;
}

function reasonOf({ what, hint }: PebbleError): string {
  return hint === undefined ? what : `${what}: ${hint}`;
}

/** Counting needs CAP_SYS_ADMIN; everything else does not. */
function tryCounting(): (() => void) | undefined {
  try {
    return countRuns();
  } catch (error) {
    if (error instanceof PebbleError) return undefined;
    throw error;
  }
}
