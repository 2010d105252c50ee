/** A script's whole life in the kernel, with programs written by hand: no compiler takes part. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { record, u8, u32, u64 } from '../base/record.ts';
import { aluImm, aluReg, call, exit, type Instruction, loadReference, store, storeImm } from '../bpf/asm/index.ts';
import type { LinkSpec, ProgramSpec } from '../bpf/spec/index.ts';
import { type CompiledScript, type ScriptEvent, type ScriptProbe, SYSTEM_MAPS } from '../lang/script.ts';
import { DEFAULT_SETTINGS } from '../lang/settings.ts';
import { UINT64 } from '../lang/types/type.ts';
import { Output } from './output.ts';
import { type RunOptions, runScript } from './run.ts';
import { Sink } from './sink.ts';

const SOURCE = { name: 'stdin', text: '' };
const PLACE = { file: 'stdin', line: 1, column: 1, endLine: 1, endColumn: 2 };
const HELLO = 0;
const EXIT = 1;
const PRINT_MAP = 2;

const EVENTS: readonly ScriptEvent[] = [
  {
    kind: 'printf',
    format: 'hello %d\n',
    arguments: [{ name: 'a', type: UINT64 }],
    shape: record('event', { id: u32, a: u64 }),
    at: PLACE,
  },
  { kind: 'exit', shape: record('event', { id: u32, code: u8 }), at: PLACE },
  { kind: 'printMap', map: '@n', shape: record('event', { id: u32, top: u32, div: u32 }), at: PLACE },
];

/** Sends a record of 16 bytes: the event's id and one word at offset 8 (printf's argument) or 4 (what follows an id). */
function send(id: number, word: number, at: 4 | 8): Instruction[] {
  return [
    storeImm('u64', 10, -16, 0),
    storeImm('u64', 10, -8, 0),
    storeImm('u32', 10, -16, id),
    storeImm('u32', 10, -16 + at, word),
    loadReference(1, { kind: 'map', map: SYSTEM_MAPS.events }),
    aluReg('mov', 2, 10),
    aluImm('add', 2, -16),
    aluImm('mov', 3, 16),
    aluImm('mov', 4, 1),
    call('ringbuf_output'),
  ];
}

/** `@n = value` */
const assign = (value: number): Instruction[] => [
  loadReference(1, { kind: 'mapValue', map: 'AT_n', offset: 0 }),
  aluImm('mov', 2, value),
  store('u64', 1, 0, 2),
  aluImm('mov', 2, 1),
  store('u64', 1, 8, 2),
];

const program = (name: string, kind: ProgramSpec['kind'], ...insns: Instruction[]): ProgramSpec => ({
  name,
  kind,
  license: 'GPL',
  functions: [{ name, parameters: 1, insns: [...insns, aluImm('mov', 0, 0), exit()] }],
});

const scalar = record('scalar', { value: u64, set: u64 });

function script(
  programs: ProgramSpec[],
  probes: Record<string, ScriptProbe['how']>,
  links: LinkSpec[],
): CompiledScript {
  return {
    collection: {
      maps: [
        { name: 'AT_n', type: 'array', key: u32, value: scalar, maxEntries: 1 },
        { name: SYSTEM_MAPS.events, type: 'ringbuf', maxEntries: 65_536 },
        { name: SYSTEM_MAPS.lost, type: 'percpu_array', key: u32, value: u64, maxEntries: 1 },
      ],
      programs,
      links,
    },
    maps: [{ name: '@n', spec: 'AT_n', value: UINT64, valueShape: scalar, perCpu: false, setOffset: 8 }],
    events: EVENTS,
    stackMaps: [],
    probes: Object.entries(probes).map(([name, how]) => ({
      name,
      program: name,
      how,
      at: PLACE,
      links: links.flatMap((link, i) => (link.program === name ? [i] : [])),
    })),
    limits: [],
    config: DEFAULT_SETTINGS,
  };
}

async function outputOf(
  t: TestContext,
  compiled: CompiledScript,
  options: Partial<RunOptions> = {},
  format: 'text' | 'json' = 'text',
): Promise<{ status: number; text: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-run-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'out');
  const output = new Output(format, Sink.open(path, 'line'), { source: SOURCE, colour: false, warnings: true });
  const status = await runScript(compiled, { output, quiet: true, ...options });
  return { status, text: readFileSync(path, 'latin1') };
}

/** 10 ms of CPU 0's clock. */
const interval: LinkSpec = {
  kind: 'perf_event',
  program: 'tick',
  type: 1,
  config: 0n,
  period: 10_000_000n,
  cpu: 0,
};

test('begin, events in order, exit code, end, maps', async (t) => {
  const compiled = script(
    [
      program('begin', 'raw_tracepoint', ...assign(7), ...send(HELLO, 1, 8), ...send(PRINT_MAP, 0, 4)),
      program('tick', 'perf_event', ...send(HELLO, 2, 8), ...send(EXIT, 3, 4), ...send(HELLO, 9, 8)),
      program('end', 'raw_tracepoint', ...send(HELLO, 4, 8)),
    ],
    { begin: 'begin', tick: 'attach', end: 'end' },
    [interval],
  );
  const { status, text } = await outputOf(t, compiled);
  assert.equal(status, 3);
  assert.equal(text, 'hello 1\n@n: 7\nhello 2\nhello 4\n\n\n@n: 7\n');
});

test('a script of begin and end ends by itself, in JSON as well', async (t) => {
  const compiled = script(
    [program('begin', 'raw_tracepoint', ...send(HELLO, 1, 8)), program('end', 'raw_tracepoint', ...assign(2))],
    { begin: 'begin', end: 'end' },
    [],
  );
  const { status, text } = await outputOf(t, compiled, { quiet: false }, 'json');
  assert.equal(status, 0);
  assert.deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { type: 'attached_probes', count: 2, data: { probes: 2 } },
      { type: 'printf', data: 'hello 1\n' },
      { type: 'map', data: { '@n': 2 } },
    ],
  );
});

test('an abort ends the run as Ctrl-C does', async (t) => {
  const compiled = script([program('tick', 'perf_event', ...assign(5))], { tick: 'attach' }, [interval]);
  const { status, text } = await outputOf(t, compiled, { signal: AbortSignal.timeout(200) });
  assert.deepEqual([status, text], [0, '\n\n@n: 5\n']);
});

test('a probe that cannot be attached is an error that names it', async (t) => {
  const missing: LinkSpec = { kind: 'tracepoint', program: 'tick', category: 'sched', event: 'no_such' };
  const compiled = script([program('tick', 'tracepoint')], { tick: 'attach' }, [missing]);
  await assert.rejects(outputOf(t, compiled), /Unable to attach probe: tick\. If this is expected/);
});
