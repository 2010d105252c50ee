/** Runs a compiled script: load, begin, attach, watch, end, print. */
import { writeSync } from 'node:fs';
import { PebbleError } from '../base/errors.ts';
import type { Decoded } from '../base/record.ts';
import { type Collection, clockNs, KeyedMap, loadCollection, RingBuffer } from '../bpf/index.ts';
import type { IterLink, Link } from '../bpf/links/index.ts';
import { equivalentHint } from '../lang/probes/equivalents.ts';
import {
  type CompiledScript,
  type GLOBALS,
  type RATE_LIMIT,
  type ScriptMap,
  type ScriptProbe,
  SYSTEM_MAPS,
} from '../lang/script.ts';
import { attachAll, probeOf } from './attach.ts';
import { labelOf, type Mode, measure, passes } from './bench.ts';
import { detachText } from './detach.ts';
import { makeHandlers } from './dispatch.ts';
import { type ByteText, toBytes } from './format/printable.ts';
import { type MapSnapshot, takeSnapshot } from './format/snapshot.ts';
import { clearMap, readMap } from './map-access.ts';
import type { RunOutput } from './output.ts';
import { Pump } from './pump.ts';
import { withSizedRing } from './ring-size.ts';
import type { Session } from './session.ts';
import { emptyRun, type Fired, silentProbes } from './silence.ts';
import { SystemResolver } from './system-resolver.ts';
import type { Target } from './target.ts';
import { inexactText } from './top-k.ts';
import type { UnwindMaps } from './unwind-maps.ts';

export interface RunOptions {
  readonly output: RunOutput;
  /** The process that ends the run by ending. */
  readonly target?: Target;
  /** Other processes whose stacks dw_ustack() can walk. */
  readonly dwarfPids?: readonly number[];
  /** Aborting it ends the run as Ctrl-C does: with end probes and maps. */
  readonly signal?: AbortSignal;
  /** Run the probes of this kind by hand, and nothing else. */
  readonly mode?: Mode;
  /** Stop as soon as everything is attached. */
  readonly dryRun?: boolean;
  /** Prints and clears the maps every so many milliseconds, too; then calls `next`. */
  readonly every?: { readonly ms: number; readonly next: () => void };
  /** Maps that are neither printed nor cleared by themselves; absent: none. */
  readonly isState?: (map: string) => boolean;
  /** Do not say how many probes are attached, nor that nothing came of them. */
  readonly quiet?: boolean;
  /** Says that nothing came of a run, in other words and although it is quiet. */
  readonly silence?: (attached: readonly string[]) => string;
  /** Told what there is to know of a probe's place: that its instruction is stepped singly, say. */
  readonly warned?: (warning: string, probes: readonly string[]) => void;
  /** Told of runs that the kernel skipped. */
  readonly missed?: (runs: number) => void;
  /** Is called once everything is attached. */
  readonly started?: (controls: RunControls) => void;
}

/** What a program can ask of a script that it runs. */
export interface RunControls {
  /** What the maps hold now, in the order of their names. */
  snapshot(): MapSnapshot[];
}

/** The status that bpftrace ends with when the run itself failed. */
export const FAILED = 255;

/** The exit status: what the script gave to exit(), 0 without. */
export async function runScript(script: CompiledScript, options: RunOptions): Promise<number> {
  using collection = await loadCollection(withSizedRing(script));
  const run = new Run(script, collection, options);
  try {
    return await run.go();
  } finally {
    await run.close();
  }
}

/** What else may do, or what the error itself advises. */
function hintOf(probe: string | undefined, error: unknown): { hint?: string } {
  const hint = equivalentHint(probe ?? '') ?? (error instanceof PebbleError ? error.hint : undefined);
  return hint === undefined ? {} : { hint };
}

class Run implements Session {
  readonly script: CompiledScript;
  readonly collection: Collection;
  readonly output: RunOutput;
  readonly context: Session['context'];
  readonly #options: RunOptions;
  readonly #resolver: SystemResolver;
  readonly #ring: RingBuffer | undefined;
  readonly #pump: Pump;
  /** Nothing is attached that could still fire: the run is over when the ring is empty. */
  #drainOnly = false;
  #unwind: UnwindMaps | undefined;
  #exitCode: number | undefined;
  /** A begin probe has called exit(): known after the first look at the ring. */
  #endedAtOnce: boolean | undefined;
  /** What is attached, by the link's index. */
  #links: ReadonlyMap<number, Link> = new Map();
  #muted = false;
  #lost = 0;
  #missed = 0;
  /** Calls that kprobes did not see. */
  #unseen = 0;
  #events = 0;
  /** An interval that is over had entries. */
  #stored = false;

  constructor(script: CompiledScript, collection: Collection, options: RunOptions) {
    this.script = script;
    this.collection = collection;
    this.output = options.output;
    this.#options = options;
    this.#resolver = new SystemResolver(script, collection);
    this.context = { resolver: this.#resolver, truncationTrailer: toBytes(script.config.truncationTrailer) };
    const events = collection.maps.get(SYSTEM_MAPS.events);
    this.#ring = events && new RingBuffer(events);
    this.#pump = new Pump(this.#ring, makeHandlers(this), {
      isOver: (found) => this.#isOver(found),
      isMuted: () => this.#muted,
    });
  }

  async go(): Promise<number> {
    this.#fillGlobals();
    await this.#provideTables();
    this.#runAll('begin');
    const attached = await this.#attach();
    if (this.#options.dryRun) return 0;
    this.#options.target?.release();
    this.#unwind?.watch();
    this.#announce(attached);
    this.#options.started?.({ snapshot: () => this.#results().map((map) => this.#snapshot(map)) });
    if (this.#options.mode) this.#runByHand(this.#options.mode);
    else if (this.#isIterator()) this.#iterate();
    else await this.#watch();
    this.#detach();
    this.#dropLeftovers();
    this.#runAll('end');
    this.#events += this.#pump.drain();
    this.#reportLosses();
    this.#reportLimits();
    this.#printMaps();
    this.#reportSilence(this.#readFired());
    return this.#exitCode ?? 0;
  }

  async close(): Promise<void> {
    this.output.end();
    this.#unwind?.close();
    await this.#options.target?.terminate();
    this.#ring?.close();
  }

  mapNamed(name: string): ScriptMap {
    const map = this.script.maps.find((candidate) => candidate.name === name);
    if (map) return map;
    throw new PebbleError('internal', { what: `the script has no map ${name}` });
  }

  /** An iterator goes on to its end. */
  exit(code: number): void {
    this.#exitCode = code;
    this.#muted = !this.#isIterator();
  }

  unwatch(address: bigint): void {
    for (const [i, link] of this.#links) {
      const spec = this.script.collection.links[i]!;
      if (spec.kind === 'watchpoint' && spec.address === address) link.close();
    }
  }

  /** For dw_ustack(). */
  async #provideTables(): Promise<void> {
    if (!this.collection.maps.has(SYSTEM_MAPS.unwindCode)) return;
    const { target, dwarfPids = [] } = this.#options;
    const { UnwindMaps } = await import('./unwind-maps.ts');
    const pids = [...(target ? [target.pid] : []), ...dwarfPids];
    this.#unwind = new UnwindMaps(this.collection, pids, (text) => this.output.warning(text));
    this.#unwind.refresh();
  }

  #fillGlobals(): void {
    if (!this.collection.maps.has(SYSTEM_MAPS.globals)) return;
    const start = clockNs('boottime');
    const globals: Record<keyof typeof GLOBALS.fields, bigint> = {
      start,
      taiOffset: clockNs('tai') - start,
      ended: 0n,
      zero: 0n,
    };
    this.collection.keyed(SYSTEM_MAPS.globals).set(0, globals);
  }

  #probes(how: ScriptProbe['how']): ScriptProbe[] {
    return this.script.probes.filter((probe) => probe.how === how);
  }

  #runAll(how: 'begin' | 'end' | 'signal'): void {
    for (const probe of this.#probes(how)) this.collection.program(probe.program).testRun();
  }

  /** How many probes are in place, those that need no hook included. */
  async #attach(): Promise<number> {
    this.#links = await attachAll(this.script, this.collection, (probe, error) => this.#attachFailed(probe, error));
    this.#warn();
    const hooked = this.#probes('attach').filter(({ links }) => links.some((link) => this.#links.has(link))).length;
    const signals = this.#probes('signal').length;
    this.#drainOnly = hooked + signals === 0;
    const byHand = this.#options.mode ? this.#probes(this.#options.mode).length : 0;
    const all = byHand + hooked + signals + this.#probes('begin').length + this.#probes('end').length;
    if (all === 0) throw new PebbleError('no-target', { what: 'Attachment failed for all probes.' });
    return all;
  }

  #warn(): void {
    const said = new Map<string, string[]>();
    for (const [i, { warnings }] of this.#links) {
      for (const warning of warnings)
        said.set(warning, [...(said.get(warning) ?? []), probeOf(i, this.script)?.name ?? '']);
    }
    for (const [warning, probes] of said) this.#options.warned?.(warning, probes);
  }

  #attachFailed(probe: ScriptProbe | undefined, error: unknown): void {
    const { missingProbes } = this.script.config;
    const name = probe?.name;
    if (missingProbes === 'ignore') return;
    const reason = error instanceof Error ? error.message : String(error);
    if (missingProbes === 'warn') {
      this.output.warning(reason);
      this.output.warning(`Unable to attach probe: ${name}. Skipping.`);
      return;
    }
    this.output.error(reason);
    throw new PebbleError('no-target', {
      what: `Unable to attach probe: ${name}. If this is expected, set the 'missing_probes' config variable to 'warn'.`,
      cause: error,
      ...hintOf(name, error),
    });
  }

  #announce(attached: number): void {
    if (!this.#options.quiet) this.output.report(this.output.reports.attached(attached));
    this.output.settle();
    // The hand-shake of bpftrace's test runner.
    if (process.env.__BPFTRACE_NOTIFY_PROBES_ATTACHED) writeSync(1, '__BPFTRACE_NOTIFY_PROBES_ATTACHED\n');
  }

  async #watch(): Promise<void> {
    const { signal, target } = this.#options;
    const wake = () => this.#pump.wake();
    const timer = this.#options.every && setInterval(() => this.#turn(), this.#options.every.ms);
    const onSignal = () => {
      this.#runAll('signal');
      wake();
    };
    signal?.addEventListener('abort', wake);
    target?.onEnd(wake);
    process.on('SIGUSR1', onSignal);
    try {
      await this.#pump.run();
    } finally {
      clearInterval(timer);
      process.off('SIGUSR1', onSignal);
      signal?.removeEventListener('abort', wake);
    }
  }

  #runByHand(mode: Mode): void {
    const { values } = this.output;
    const probes = this.#probes(mode);
    if (mode === 'bench') {
      const results = probes.map((probe) => {
        const result = measure(probe, this.collection);
        this.#pump.drain();
        return result;
      });
      return this.output.write(values.benchmarks(results));
    }
    for (const probe of probes) {
      const passed = passes(probe, this.collection);
      this.#pump.drain();
      this.output.write(toBytes(`${labelOf(probe)}: ${passed ? 'passed' : 'failed'}\n`));
      if (!passed) this.#exitCode ??= 1;
    }
  }

  #isIterator(): boolean {
    return this.collection.links.some(({ kind }) => kind === 'iter');
  }

  /** Runs iterators over everything once; pinned ones are there for others to read. */
  #iterate(): void {
    for (const link of this.collection.links) {
      const spec = this.script.collection.links.find(({ program }) => program === link.program);
      const pin = spec?.kind === 'iter' ? spec.pin : undefined;
      if (pin !== undefined) this.#writeIterated(toBytes(`Program pinned to ${pin}\n`));
      else if ('read' in link) this.#writeIterated((link as IterLink).read().toString('latin1'));
    }
  }

  #writeIterated(text: ByteText): void {
    if (text.length > 0) this.#events++;
    this.output.write(text);
  }

  #isOver(found: number): boolean {
    this.#events += found;
    this.#endedAtOnce ??= this.#exitCode !== undefined;
    this.#countLosses();
    this.output.settle();
    if (this.#exitCode !== undefined || this.output.closed || this.#options.signal?.aborted) return true;
    if (this.#drainOnly && found === 0) return true;
    const { target } = this.#options;
    if (target && this.script.stackMaps.some(({ space }) => space === 'user')) this.#resolver.remember(target.pid);
    return target !== undefined && !target.alive();
  }

  #detach(): void {
    this.#countUnseen();
    const text = detachText(this.collection.links);
    if (text && !this.#options.quiet) this.output.warning(text);
    for (const link of this.collection.links.splice(0).reverse()) link.close();
  }

  /** What came after exit() is not handled, nor what Ctrl-C found waiting when the handlers could not keep up. */
  #dropLeftovers(): void {
    this.#muted ||= this.#pump.isBehind;
    if (this.#muted) this.#pump.drain();
    this.#muted = false;
  }

  /** Records that found the ring full, as the programs count them. */
  #countLosses(): void {
    if (!this.#ring) return;
    const counts = this.collection.keyed(SYSTEM_MAPS.lost).get(0) as readonly bigint[] | bigint | undefined;
    const lost = Number([counts ?? 0n].flat().reduce((all, count) => all + count, 0n));
    if (lost <= this.#lost) return;
    this.output.report(this.output.reports.lost(lost - this.#lost));
    this.#lost = lost;
  }

  /** Runs that the kernel skipped, since programs of this kind do not interrupt each other on a CPU. */
  #countMisses(): void {
    const { programs } = this.collection;
    const missed = [...programs.values()].reduce((sum, program) => sum + Number(program.stats().missed), 0);
    if (missed <= this.#missed) return;
    const runs = missed - this.#missed;
    this.output.warning(`${runs} runs of probes were skipped: they interrupted another eBPF program on their CPU`);
    this.#options.missed?.(runs);
    this.#missed = missed;
  }

  /** Known while they are attached: calls of functions for whose return the kernel had no room. */
  #countUnseen(): void {
    const unseen = this.collection.links.reduce((sum, link) => sum + link.missed(), 0);
    if (unseen <= this.#unseen) return;
    const calls = unseen - this.#unseen;
    this.output.warning(`${calls} calls of functions were not seen by kprobes: too many were under way at a time`);
    this.#options.missed?.(calls);
    this.#unseen = unseen;
  }

  #reportLosses(): void {
    this.#countLosses();
    this.#countMisses();
    if (this.#lost > 0) this.output.warning(`Total lost event count: ${this.#lost}`);
  }

  /** What rate_limit() kept from the script. */
  #reportLimits(): void {
    const { limits } = this.script;
    if (limits.length === 0) return;
    const values = this.collection.keyed(SYSTEM_MAPS.limits).get(0) as readonly Decoded<typeof RATE_LIMIT>[];
    for (const [i, { perSecond, at }] of limits.entries()) {
      const { leftOut } = values[i]!;
      if (leftOut > 0n) this.output.warning(`rate_limit(${perSecond}) in line ${at.line} left out ${leftOut}.`);
    }
  }

  /** One interval is over: what its maps hold is printed, and the next one begins with none of it. */
  #turn(): void {
    this.#countLosses();
    this.#countMisses();
    this.#countUnseen();
    for (const map of this.#results()) {
      // Keyed entries are taken as they are read: what is counted in between belongs to the next interval.
      this.#printMap(map, map.key !== undefined);
      if (!map.key) clearMap(this.collection, map);
    }
    this.output.settle();
    this.#options.every?.next();
  }

  /** Nothing came of a run, or of a probe: that looks like an answer. */
  #reportSilence(fired: Fired): void {
    const { quiet, silence } = this.#options;
    const attached = this.#probes('attach');
    if ((quiet && !silence) || attached.length === 0) return;
    const isEmpty =
      this.#events === 0 && !this.#stored && !this.#results().some((map) => this.#snapshot(map).rows.length > 0);
    const text = isEmpty
      ? (silence?.(attached.map(({ name }) => name)) ?? emptyRun(attached, fired))
      : silentProbes(attached, fired);
    if (text !== undefined) this.output.warning(text);
  }

  /** Where the script asks for it; whoever exits before anything can fire does not want to hear that nothing did. */
  #readFired(): Fired {
    if (!this.collection.maps.has(SYSTEM_MAPS.fired) || this.#endedAtOnce) return () => true;
    const bytes = this.collection.keyed(SYSTEM_MAPS.fired).get(0) as Uint8Array;
    return ({ fired }) => fired === undefined || bytes[fired] !== 0;
  }

  #printMaps(): void {
    this.output.write(this.output.values.end());
    if (!this.script.config.printMapsOnExit) return;
    for (const map of this.#results()) this.#printMap(map);
  }

  #printMap(map: ScriptMap, take = false): void {
    const snapshot = this.#snapshot(map, take);
    this.#stored ||= snapshot.rows.length > 0;
    this.output.write(this.output.values.map(snapshot));
    if (snapshot.inexact) this.output.warning(inexactText(map.name, snapshot.inexact));
  }

  #snapshot(map: ScriptMap, take = false): MapSnapshot {
    return takeSnapshot(map, readMap(this.collection, map, take), this.context);
  }

  /** Maps that can be printed, in the order of their names. */
  #results(): ScriptMap[] {
    return this.script.maps
      .filter(({ name, spec }) => this.collection.map(spec) instanceof KeyedMap && !this.#options.isState?.(name))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
