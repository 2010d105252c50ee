/** trace(text): runs a script inside the program that calls it, and hands over its events as values instead of text. */
import { PebbleError } from '../base/errors.ts';
import { type CompileOptions, compile, formatDiagnostics } from '../lang/index.ts';
import type { SourcePlace } from '../lang/script.ts';
import type { MapValue } from './format/merge.ts';
import type { OutputFormat, ReportFormat, RuntimeError, Severity } from './format/output-format.ts';
import type { ByteText, Printable } from './format/printable.ts';
import type { MapSnapshot } from './format/snapshot.ts';
import { machineHost } from './host/index.ts';
import type { RunOutput } from './output.ts';
import { type RunControls, runScript } from './run.ts';

/** Numbers beyond 2^53 are bigint; buffers are bytes; tuples and arrays are arrays, records and structs objects. */
export type TraceValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly TraceValue[]
  | { readonly [field: string]: TraceValue };

export interface TraceMap {
  readonly name: string;
  /** The key is null for a map without keys; histograms are lists of buckets. */
  readonly rows: readonly { readonly key: TraceValue; readonly value: TraceValue }[];
}

export type TraceEvent =
  | { readonly kind: 'attached'; readonly probes: number }
  /** emit("name", record) */
  | { readonly kind: 'emit'; readonly name: string; readonly value: TraceValue }
  /** print(value) */
  | { readonly kind: 'value'; readonly value: TraceValue }
  /** printf, time, join, cat, system: what they would print. */
  | { readonly kind: 'text'; readonly text: string }
  /** print(@map), and every map at the end. */
  | { readonly kind: 'map'; readonly map: TraceMap }
  /** Events that found the ring full. */
  | { readonly kind: 'lost'; readonly events: number }
  /** errorf, warnf, and what went wrong in the kernel. */
  | {
      readonly kind: 'trouble';
      readonly severity: 'error' | 'warning';
      readonly message: string;
      readonly at?: SourcePlace;
    };

export interface TraceOptions extends CompileOptions {
  /** Aborting it ends the script as Ctrl-C does: with its end probes and maps. */
  readonly signal?: AbortSignal;
  /** Processes whose stacks dw_ustack() can walk, besides `pid`; and their children. */
  readonly dwarfPids?: readonly number[];
}

export interface Trace extends AsyncIterable<TraceEvent> {
  /** What the maps hold now; empty before everything is attached. */
  snapshot(): TraceMap[];
  /** Ends the script; the iterator ends after what it still has to say. */
  stop(): void;
  /** The script's exit status. */
  readonly ended: Promise<number>;
}

/** Compiles, loads and attaches; a script that does not compile is a `usage` error with all diagnostics as its detail. */
export function trace(text: string, { signal, dwarfPids = [], ...options }: TraceOptions = {}): Trace {
  const source = { name: 'script', text };
  const { script, diagnostics } = compile(source, { host: machineHost(), ...options });
  if (!script) {
    throw new PebbleError('usage', {
      doing: 'compiling a script',
      what: diagnostics.find(({ severity }) => severity === 'error')?.message ?? 'it has no probes',
      detail: formatDiagnostics(diagnostics),
    });
  }
  const queue = new EventQueue();
  const stopper = new AbortController();
  signal?.addEventListener('abort', () => stopper.abort());
  if (signal?.aborted) stopper.abort();
  let controls: RunControls | undefined;
  const started = (given: RunControls): void => {
    controls = given;
  };
  const walked = [...(options.pid === undefined ? [] : [options.pid]), ...dwarfPids];
  const ended = runScript(script, { output: queue, signal: stopper.signal, started, dwarfPids: walked });
  ended.then(
    () => queue.finish(),
    (error: unknown) => queue.fail(error),
  );
  return {
    [Symbol.asyncIterator]: () => queue.read(() => stopper.abort()),
    snapshot: () => controls?.snapshot().map(plainMap) ?? [],
    stop: () => stopper.abort(),
    ended,
  };
}

/** An output that keeps events until they are read; a reader that stops ends the run. */
class EventQueue implements RunOutput {
  readonly closed = false;
  readonly values: OutputFormat;
  readonly reports: ReportFormat;
  readonly #events: TraceEvent[] = [];
  #wake: (() => void) | undefined;
  #over = false;
  #error: unknown;

  constructor() {
    const put = (event: TraceEvent): ByteText => {
      this.#events.push(event);
      return '';
    };
    const text = (bytes: ByteText): ByteText => put({ kind: 'text', text: utf8(bytes) });
    this.values = {
      map: (snapshot) => put({ kind: 'map', map: plainMap(snapshot) }),
      value: (value) => put({ kind: 'value', value: plain(value) }),
      emit: (name, value) => put({ kind: 'emit', name: utf8(name), value: plain(value) }),
      printf: text,
      time: text,
      cat: text,
      join: text,
      system: text,
      benchmarks: () => '',
      end: () => '',
    };
    this.reports = {
      attached: (probes) => put({ kind: 'attached', probes }),
      lost: (events) => put({ kind: 'lost', events }),
      scripted: (severity, message, at) => put(trouble(severity, utf8(message), at)),
      runtimeError: (error, at) => put(trouble('WARNING', explained(error), at)),
    };
  }

  write(): void {}
  report(): void {}

  error(text: string): void {
    this.#events.push(trouble('ERROR', text));
  }

  warning(text: string): void {
    this.#events.push(trouble('WARNING', text));
  }

  settle(): void {
    if (this.#events.length > 0) this.#wake?.();
  }

  end(): void {
    this.#wake?.();
  }

  finish(): void {
    this.#over = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#error = error;
    this.finish();
  }

  async *read(onStop: () => void): AsyncGenerator<TraceEvent, void, undefined> {
    try {
      for (;;) {
        yield* this.#events.splice(0);
        if (this.#events.length > 0) continue;
        if (this.#over) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#error !== undefined) throw this.#error;
    } finally {
      onStop();
    }
  }
}

const utf8 = (text: ByteText): string => Buffer.from(text, 'latin1').toString();

function trouble(severity: Severity, message: string, at?: SourcePlace): TraceEvent {
  return { kind: 'trouble', severity: severity === 'ERROR' ? 'error' : 'warning', message, ...(at && { at }) };
}

const explained = ({ helper, message }: RuntimeError): string => (helper === '' ? message : `${helper}: ${message}`);

function plainMap({ name, rows }: MapSnapshot): TraceMap {
  return { name: utf8(name), rows: rows.map(({ key, value }) => ({ key: plain(key), value: plainValue(value) })) };
}

function plainValue(value: MapValue): TraceValue {
  if (value === null || typeof value !== 'object') return plain(value);
  if (value.kind === 'timeSeries') {
    return value.points.map(({ epochNanoseconds, value: at }) => ({ at: number(epochNanoseconds), value: plain(at) }));
  }
  if (value.kind !== 'histogram') return plain(value);
  const { lower, labels, counts } = value;
  return counts.map((count, i) => {
    const [from, below] = [i === 0 ? lower : labels[i - 1], labels[i]];
    return {
      ...(from !== undefined && { from: plain(from) }),
      ...(below !== undefined && { below: plain(below) }),
      count: number(count),
    };
  });
}

const number = (value: bigint): number | bigint =>
  BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;

function plain(value: Printable): TraceValue {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return utf8(value);
  switch (value.kind) {
    case 'float':
      return value.value;
    case 'int':
    case 'symbol':
      return number(value.value);
    case 'array':
    case 'tuple':
      return value.of.map(plain);
    case 'record':
      return Object.fromEntries(value.fields.map(([name, field]) => [name, plain(field)]));
    case 'buffer':
      return value.bytes;
  }
}
