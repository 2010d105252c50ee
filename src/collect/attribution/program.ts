/** Compiles program.bt for a set of signals, with the hooks and loops that this kernel has. */
import { readFileSync } from 'node:fs';
import { LATENCY_SCALE } from '../../aggregate/index.ts';
import { PebbleError } from '../../base/errors.ts';
import { thresholds } from '../../base/exponential.ts';
import type { RecordShape } from '../../base/record.ts';
import { possibleCpus } from '../../bpf/index.ts';
import { type CompiledScript, compile, formatDiagnostics, type ScriptMap, SYSTEM_MAPS } from '../../lang/index.ts';
import { machineHost } from '../../tracer/index.ts';
import { followsPipelines, inWordsOf, type KernelWays } from './kernel.ts';
import { fitMaps } from './memory.ts';
import { callNumbers } from './syscalls.ts';

/** What is collected besides times, waits and counts: fragments of the program, compiled in where they are asked for. */
export const SIGNALS = [
  'inner',
  'wakers',
  'profile',
  'off_cpu',
  'io',
  'executions',
  'locks',
  'resources',
  'phases',
  'clients',
] as const;
export type Signal = (typeof SIGNALS)[number];

const PROGRAM = new URL('program.bt', import.meta.url);
/** Where it finds what it imports. */
const readFragments = (ways: KernelWays) => ({
  read: (path: string) => inWordsOf(ways, readFileSync(new URL(path, import.meta.url), 'utf8')),
  list: () => undefined,
  isWorldWritable: () => false,
});

/** Imports go first: a signal's fragment finds there what it needs of the core. */
export function compileProgram(
  signals: ReadonlySet<Signal>,
  generation: number,
  ways: KernelWays,
  chooses = false,
): CompiledScript {
  const ofKernel = ways.fragments.filter((name) => name === 'wal-syncs' || signals.has('resources'));
  const fragments = [...(chooses ? ['choice'] : []), ...signals, ...ofKernel];
  const imports = fragments.map((name) => `import "${name}.bt";\n`).join('');
  const core = inWordsOf(ways, readFileSync(PROGRAM, 'utf8'));
  const text = core.replace(/^import "requests.bt";\n/m, (line) => line + imports);
  const switches = SIGNALS.map((signal) => [signal.toUpperCase(), signals.has(signal) ? 1n : 0n] as const);
  const taskStorage = ways.features.taskStorage ?? true;
  const isX86 = BigInt(process.arch === 'x64');
  const numbers = [
    ['X86_64', isX86],
    ...callNumbers(),
    ['PIPELINES', BigInt(followsPipelines(ways))],
    ['TASK_STORAGE', BigInt(taskStorage)],
    ['SHOWS_STORAGE', BigInt(taskStorage && ways.showsStorage)],
    ['PREEMPTIBLE', BigInt(ways.preemptible)],
    ['THROTTLING', BigInt(ways.throttling)],
    ['MEMORY_PEAK', BigInt(ways.fragments.includes('memory-peak'))],
    ['CHOOSES', BigInt(chooses)],
    ['GENERATION', BigInt(generation)],
    ['HALF_RING', BigInt(ringBytes(signals) / 2)],
    ...thresholds(LATENCY_SCALE).map((bound, step) => [`STEP_${step + 1}`, BigInt(bound)] as const),
  ] as const;
  const defines = Object.fromEntries([...switches, ...numbers]);
  const source = { name: 'program.bt', text };
  const host = { ...machineHost(), features: ways.features };
  const { script, diagnostics } = compile(source, { host, imports: { host: readFragments(ways) }, defines });
  if (script) return script;
  throw new PebbleError('unsupported', {
    doing: 'compiling the attribution program for this kernel',
    what: 'it does not compile here',
    detail: formatDiagnostics(diagnostics.filter(({ severity }) => severity === 'error')),
    hint: '`pebble doctor` says what this kernel offers',
  });
}

/** A map of the program, without the types of the language: these hold all of the kernel's, which is 8 MB. */
export type ProgramMap = Pick<ScriptMap, 'name' | 'spec' | 'perCpu' | 'valueShape'>;

/** What is kept of it while it runs. */
export interface RunningScript {
  readonly maps: readonly ProgramMap[];
  readonly events: readonly { readonly name: string | undefined; readonly shape: RecordShape }[];
  readonly probes: readonly { readonly name: string; readonly program: string }[];
}

export const whatRuns = ({ maps, events, probes }: CompiledScript): RunningScript => ({
  maps: maps.map(({ name, spec, perCpu, valueShape }) => ({ name, spec, perCpu, valueShape })),
  events: events.map((event) => ({ name: event.kind === 'emit' ? event.name : undefined, shape: event.shape })),
  probes: probes.map(({ name, program }) => ({ name, program })),
});

/** Room for statements at first sight: 0.4 KB each, or 1.2 KB of those with a long text. */
const RING_BYTES = 1 << 20;
/** Samples are 17 KB, and come 99 times a second and CPU. */
const SAMPLES_RING_BYTES = 16 << 20;

const ringBytes = (signals: ReadonlySet<Signal>): number =>
  signals.has('profile') || signals.has('off_cpu') ? SAMPLES_RING_BYTES : RING_BYTES;

/** Its maps with as many entries as there is room for in so many bytes. */
export function withRoom(
  { collection }: CompiledScript,
  signals: ReadonlySet<Signal>,
  bytes: number,
  cpus: number = possibleCpus(),
): CompiledScript['collection'] {
  const ring = ringBytes(signals);
  const maps = collection.maps.map((map) => (map.name === SYSTEM_MAPS.events ? { ...map, maxEntries: ring } : map));
  return { ...collection, maps: fitMaps(maps, cpus, bytes) };
}
