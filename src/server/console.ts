/** The tracing console: checks a script while it is written, runs one at a time, and keeps what it says. */
import type { TraceCheck, TraceJson, TraceMapRows, TraceState, TraceTool } from '../api/index.ts';
import { PebbleError } from '../base/errors.ts';
import { complete, diagnose } from '../lang/assist/index.ts';
import { postgresTarget } from '../postgres/tracing/index.ts';
import { machineHost, type Trace, type TraceEvent, trace } from '../tracer/index.ts';

const MOST_LINES = 2000;
/** Nobody watches for ever: a forgotten script ends by itself. */
const MOST_MS = 10 * 60_000;
const MOST_ROWS = 200;

type Line = TraceState['lines'][number];

interface Run {
  readonly by: string;
  readonly trace: Trace;
  running: boolean;
  lines: Line[];
  /** How many came before those that are kept. */
  gone: number;
  maps: readonly TraceMapRows[];
  error: string | null;
}

/** Scripts with names, where they are kept. */
export interface ToolShelf {
  list(): readonly TraceTool[];
  /** Where it was put. */
  save(name: string, text: string, options: { readonly replace: boolean }): string;
}

export class TraceConsole {
  readonly #tools: ToolShelf | undefined;
  #run: Run | undefined;

  constructor(tools?: ToolShelf) {
    this.#tools = tools;
  }

  tools(): readonly TraceTool[] {
    return this.#tools?.list() ?? [];
  }

  /** Only what would run: a tool that does not is no tool. */
  save(name: string, text: string, replace: boolean): string {
    const doing = 'saving a tool';
    if (!this.#tools) throw new PebbleError('unsupported', { doing, what: 'tools are kept nowhere here' });
    const error = this.check(text, 0).diagnostics.find(({ severity }) => severity === 'error');
    if (error) throw new PebbleError('syntax', { doing, what: error.message });
    return this.#tools.save(name, text, { replace });
  }

  check(text: string, offset: number): TraceCheck {
    const host = machineHost({ target: postgresTarget() });
    const { from, to, items } = complete(text, offset, host);
    return { diagnostics: diagnose(text, { host }), completions: { from, to, items: items.slice(0, 50) } };
  }

  start(text: string, by: string): TraceState {
    if (this.#run?.running) {
      const what = `a script of ${this.#run.by} runs`;
      throw new PebbleError('usage', { doing: 'starting a script', what, hint: 'stop it first' });
    }
    const signal = AbortSignal.timeout(MOST_MS);
    // Unsafe functions stay off: the settings are the language's own.
    const started = trace(text, { host: machineHost({ target: postgresTarget() }), signal });
    const run: Run = { by, trace: started, running: true, lines: [], gone: 0, maps: [], error: null };
    this.#run = run;
    void follow(run);
    return this.read(0);
  }

  stop(): TraceState {
    this.#run?.trace.stop();
    return this.read(0);
  }

  read(since: number): TraceState {
    const run = this.#run;
    if (!run) return { running: false, by: null, lines: [], first: 0, maps: [], error: null };
    const first = Math.max(since, run.gone);
    return {
      running: run.running,
      by: run.by,
      lines: run.lines.slice(first - run.gone),
      first,
      maps: run.running ? run.trace.snapshot().map(asRows) : run.maps,
      error: run.error,
    };
  }

  close(): void {
    this.#run?.trace.stop();
  }
}

async function follow(run: Run): Promise<void> {
  try {
    for await (const event of run.trace) take(run, event);
  } catch (error) {
    run.error = error instanceof PebbleError ? [error.message, error.detail].filter(Boolean).join('\n') : String(error);
  }
  run.running = false;
}

function take(run: Run, event: TraceEvent): void {
  if (event.kind === 'map') {
    const rows = asRows(event.map);
    run.maps = [...run.maps.filter(({ name }) => name !== rows.name), rows];
    return;
  }
  run.lines.push(lineOf(event));
  const tooMany = run.lines.length - MOST_LINES;
  if (tooMany > 0) {
    run.lines.splice(0, tooMany);
    run.gone += tooMany;
  }
}

function lineOf(event: Exclude<TraceEvent, { kind: 'map' }>): Line {
  switch (event.kind) {
    case 'attached':
      return { kind: 'text', text: `attached to ${event.probes} ${event.probes === 1 ? 'probe' : 'probes'}\n` };
    case 'text':
      return { kind: 'text', text: event.text };
    case 'emit':
      return { kind: 'text', text: `${event.name} ${JSON.stringify(plain(event.value))}\n` };
    case 'value':
      return { kind: 'text', text: `${JSON.stringify(plain(event.value))}\n` };
    case 'lost':
      return { kind: 'trouble', text: `${event.events} events lost: the ring was full\n` };
    case 'trouble':
      return {
        kind: 'trouble',
        text: `${event.severity}: ${event.message}${event.at ? ` (line ${event.at.line})` : ''}\n`,
      };
  }
}

type MapOf = ReturnType<Trace['snapshot']>[number];
type Value = MapOf['rows'][number]['value'];

const asRows = ({ name, rows }: MapOf): TraceMapRows => ({
  name,
  rows: rows.slice(0, MOST_ROWS).map(({ key, value }) => ({ key: plain(key), value: plain(value) })),
});

function plain(value: Value): TraceJson {
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one as Value)]));
}
