/** Each file of cases/: a script, `====`, then what the compiler says, or what its first program does in the VM. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Decoded, decoder, type RecordShape, type Shape } from '../base/record.ts';
import { compile } from './compile.ts';
import { formatDiagnostics } from './diagnostics/index.ts';
import type { CompiledScript, ScriptMap } from './script.ts';
import { typeName } from './types/type.ts';
import { entriesOf, Vm } from './vm/index.ts';

const FOLDER = `${import.meta.dirname}/cases`;
const SEPARATOR = '====\n';
const UPDATE = process.env.UPDATE_CASES !== undefined;
/** Large enough for any argument that a case reads from its context. */
const CONTEXT = new Uint8Array(256).map((_, i) => (i % 8 === 0 ? i / 8 + 1 : 0));

for (const file of readdirSync(FOLDER)) {
  test(`case ${file}`, () => {
    const path = `${FOLDER}/${file}`;
    const [text = '', expected] = readFileSync(path, 'utf8').split(SEPARATOR);
    const actual = outcome(text);
    if (UPDATE) writeFileSync(path, text + SEPARATOR + actual);
    else assert.equal(actual, expected);
  });
}

function outcome(text: string): string {
  const host = { cpus: { possible: 1 } };
  const { script, diagnostics } = compile({ name: 'case', text }, { host, defines: { DEBUG: true, LEVEL: 3n } });
  return formatDiagnostics(diagnostics) + (script ? behaviour(script) : '');
}

function behaviour(script: CompiledScript): string {
  const { programs, maps } = script.collection;
  const vm = new Vm(programs[0]!.functions, maps);
  vm.run(CONTEXT);
  const events = vm.maps.get('events')?.records ?? [];
  const lines = [
    ...events.map((record) => eventLine(script, record)),
    ...script.maps.flatMap((map) => mapLines(map, entriesOf(vm, map))),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const decode = (shape: Shape, bytes: Uint8Array): Decoded<Shape> => decoder(shape)(view(bytes), 0);

function eventLine(script: CompiledScript, record: Uint8Array): string {
  const event = script.events[view(record).getUint32(0, true)]!;
  const { id: _, ...fields } = decode(event.shape as RecordShape, record) as Record<string, unknown>;
  const text = 'format' in event ? ` ${JSON.stringify(event.format)}` : 'map' in event ? ` ${event.map}` : '';
  return `${event.kind}${text} ${show(fields)}`;
}

function mapLines(map: ScriptMap, held: ReturnType<typeof entriesOf>): string[] {
  const type = `${map.key ? `[${typeName(map.key)}]` : ''}: ${typeName(map.value)}${map.perCpu ? ', per CPU' : ''}`;
  const entries = held.map(([key, value]) => {
    const name = map.keyShape ? `[${show(decode(map.keyShape, key))}]` : '';
    return `  ${map.name}${name} = ${show(decode(map.valueShape, value))}`;
  });
  return [`${map.name}${type}`, ...entries];
}

/** Histograms are long and mostly empty: only what was counted. */
function show(value: unknown): string {
  if (Array.isArray(value) && value.length > 8 && value.every((v) => typeof v === 'bigint')) {
    return `{${value.flatMap((count, i) => (count === 0n ? [] : [`${i}: ${count}`])).join(', ')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, field]) => `${name}: ${show(field)}`)
      .join(', ')}}`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : `${value}`;
}
