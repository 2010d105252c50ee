/** Runs one script in the VM and in the kernel and says where they differ. */
import { readFileSync } from 'node:fs';
import { type Decoded, decoder, type RecordShape, type Shape } from '../../../base/record.ts';
import { loadCollection, RingBuffer } from '../../../bpf/index.ts';
import { readMap } from '../../../tracer/map-access.ts';
import { type CompiledScript, compile, formatDiagnostics, SYSTEM_MAPS } from '../../index.ts';
import type { ScriptMap } from '../../script.ts';
import { entriesOf, Vm } from '../../vm/index.ts';

export type Verdict =
  | { readonly kind: 'agree' }
  /** The compiler did not take it: nothing to compare. */
  | { readonly kind: 'not accepted'; readonly what: string }
  | { readonly kind: 'crashed' | 'rejected by the verifier' | 'differ'; readonly what: string };

const HOST = { cpus: { possible: 2 } };
const RING_BYTES = 1 << 16;

export async function compareScript(text: string): Promise<Verdict> {
  let script: CompiledScript;
  try {
    const compiled = compile({ name: 'fuzz', text }, { host: HOST });
    if (!compiled.script) return { kind: 'not accepted', what: formatDiagnostics(compiled.diagnostics) };
    script = withSmallMaps(compiled.script);
  } catch (error) {
    return { kind: 'crashed', what: (error as Error).stack ?? String(error) };
  }
  const inVm = runInVm(script);
  let inKernel: string;
  try {
    inKernel = await runInKernel(script);
  } catch (error) {
    return { kind: 'rejected by the verifier', what: String((error as Error).message) };
  }
  return inKernel === inVm ? { kind: 'agree' } : { kind: 'differ', what: firstDifference(inVm, inKernel) };
}

/** Maps of a usual size cost more to make than the program to run. */
function withSmallMaps(script: CompiledScript): CompiledScript {
  const maps = script.collection.maps.map((map) =>
    map.name === SYSTEM_MAPS.events
      ? { ...map, maxEntries: RING_BYTES }
      : { ...map, maxEntries: Math.min(map.maxEntries ?? 1, 256) },
  );
  return { ...script, collection: { ...script.collection, maps } };
}

function runInVm({ collection, maps, events }: CompiledScript): string {
  const { programs, maps: specs } = collection;
  const me = {
    pid: process.pid,
    tid: process.pid,
    uid: 0,
    gid: 0,
    comm: readFileSync('/proc/self/comm', 'utf8').trimEnd(),
  };
  const vm = new Vm(programs[0]!.functions, specs, { environment: me, maxInstructions: 50_000_000 });
  vm.run(new Uint8Array(256));
  const records = vm.maps.get(SYSTEM_MAPS.events)?.records ?? [];
  return [
    ...records.map((record) => eventText(events, viewOf(record), 0)),
    ...maps.flatMap((map) =>
      mapText(
        map,
        entriesOf(vm, map).map(([key, value]) => [viewOf(key), [viewOf(value)]]),
      ),
    ),
  ].join('\n');
}

async function runInKernel(script: CompiledScript): Promise<string> {
  using collection = await loadCollection(script.collection);
  const ring = collection.maps.get(SYSTEM_MAPS.events);
  const reader = ring && new RingBuffer(ring);
  try {
    collection.program(script.collection.programs[0]!.name).testRun();
    const lines: string[] = [];
    reader?.poll((view, offset) => void lines.push(eventText(script.events, view, offset)));
    for (const map of script.maps) lines.push(...mapText(map, kernelEntries(collection, map)));
    return lines.join('\n');
  } finally {
    reader?.close();
  }
}

type Entry = readonly [key: DataView, copies: readonly DataView[]];

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const decode = (shape: Shape, view: DataView, at = 0): Decoded<Shape> => decoder(shape)(view, at);
const show = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' ? `${part}n` : part instanceof Uint8Array ? [...part] : part,
  );

function kernelEntries(collection: Awaited<ReturnType<typeof loadCollection>>, map: ScriptMap): Entry[] {
  const { count, keys, keySize, values, valueSize, copies } = readMap(collection, map);
  const part = (view: DataView, at: number, size: number) => new DataView(view.buffer, view.byteOffset + at, size);
  return Array.from(
    { length: count },
    (_, i): Entry => [
      part(keys, i * keySize, keySize),
      copies.map((copy) => part(values, i * valueSize + copy, valueSize - copy)),
    ],
  );
}

/** One run is on one CPU: the other copies are empty. */
function mapText(map: ScriptMap, entries: readonly Entry[]): string[] {
  const lines = entries.map(([key, copies]) => {
    const texts = copies.map((copy) => show(decode(map.valueShape, copy)));
    const empty = show(decode(map.valueShape, new DataView(new ArrayBuffer(copies[0]!.byteLength))));
    const value = texts.find((text) => text !== empty) ?? texts[0];
    return `${map.name}[${map.keyShape ? show(decode(map.keyShape, key)) : ''}] = ${value}`;
  });
  return lines.sort();
}

function eventText(events: CompiledScript['events'], view: DataView, offset: number): string {
  const event = events[view.getUint32(offset, true)]!;
  return `${event.kind} ${show(decode(event.shape as RecordShape, view, offset))}`;
}

function firstDifference(vm: string, kernel: string): string {
  const [a, b] = [vm.split('\n'), kernel.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  const line = at < 0 ? a.length : at;
  return `VM:     ${a[line] ?? 'nothing more'}\nkernel: ${b[line] ?? 'nothing more'}`;
}
