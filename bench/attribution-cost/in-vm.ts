/**
 * What one request costs the attribution program in instructions and helper calls, which no other load of the machine
 * touches: `node bench/attribution-cost/in-vm.ts [--reference attribution.bpf.o]`. The hooks of a prepared SELECT run in
 * the eBPF machine of src/lang/vm, on a made-up task and memory of PostgreSQL's shape; so do those of the reference.
 */
import { parseArgs } from 'node:util';
import { sizeOf, write } from '../../src/base/record.ts';
import { openObject, thisKernel } from '../../src/bpf/object/host/index.ts';
import type { CollectionSpec, MapSpec } from '../../src/bpf/spec/index.ts';
import { compileProgram } from '../../src/collect/attribution/engine.ts';
import { findWays } from '../../src/collect/attribution/index.ts';
import { AT, CLIENT_BACKEND, IDLE, RequestInVm, RUNNING, type Step } from './request-in-vm.ts';

const { values: given } = parseArgs({ options: { reference: { type: 'string' } } });
/** Requests before the one that is counted: by then nothing is new. */
const WARM = 5;

/** Arrays with few entries in place of many: those that are used. */
const small = (maps: readonly MapSpec[]): MapSpec[] =>
  maps.map((map) => (map.type === 'array' ? { ...map, maxEntries: Math.min(map.maxEntries, 2) } : map));

async function pebble(): Promise<RequestInVm> {
  const { collection, maps } = compileProgram(new Set(), 1, await findWays());
  const world = new RequestInVm({ ...collection, maps: small(collection.maps) });
  const set = (map: string, key: Uint8Array, fields: Readonly<Record<string, number | bigint>>) => {
    const { spec, valueShape } = maps.find(({ name }) => name === map)!;
    const value = new Uint8Array(sizeOf(valueShape));
    if (valueShape.kind !== 'record') throw new TypeError(`${map} has no records`);
    for (const [name, number] of Object.entries(fields)) {
      write(valueShape.fields[name]!, new DataView(value.buffer), valueShape.offsets[name]!, number as never);
    }
    world.first.map(spec).update(key, value, 0n);
  };
  const first = new Uint8Array(4);
  set('@control', first, { active: 1 });
  set('@profiles', first, {
    my_be_entry: AT.entryPointer,
    wait_event_base: AT.waitEventPointer,
    my_proc: AT.procPointer,
    my_proc_port: AT.portPointer,
    buffer_usage: AT.bufferUsage,
    wal_usage: AT.walUsage,
    client_backend: CLIENT_BACKEND,
    state_idle: IDLE,
    state_running: RUNNING,
    query_ids: 1,
    shows_ids: 1,
  });
  set('@backends', RequestInVm.storageKey('backend'), {
    type: CLIENT_BACKEND,
    attached: 1,
    entry: AT.entry,
    wait_event: AT.waitEvent,
  });
  return world;
}

/** The C prototype, whose loader sets these variables and registers tasks. */
function reference(path: string): RequestInVm {
  const object = openObject(path);
  const profile = { a_wei: AT.waitEventPointer, a_be: AT.entryPointer, a_bu: AT.bufferUsage, a_wal: AT.walUsage };
  object.set('P', { ...(object.get('P') as object), ...profile, a_myproc: AT.procPointer });
  const collection: CollectionSpec = object.spec(thisKernel());
  const world = new RequestInVm({
    ...collection,
    programs: collection.programs.filter(({ name }) => ['on_switch', 'on_recv'].includes(name)),
  });
  const tasks = world.first.map('ts');
  tasks.update(RequestInVm.storageKey('backend'), new Uint8Array(tasks.valueSize), 0n);
  return world;
}

const total = ({ helpers }: Step): number => [...helpers.values()].reduce((sum, count) => sum + count, 0);

function print(name: string, world: RequestInVm): void {
  for (let i = 0; i < WARM; i++) world.run();
  const steps = [...world.run()];
  for (const step of [...steps, world.foreignSwitch()]) {
    const helpers = [...step.helpers].map(([helper, count]) => `${count} ${helper}`).join(', ');
    console.log(`${name} | ${step.name} | ${step.instructions} | ${total(step)} | ${helpers}`);
  }
  const sum = (of: (step: Step) => number): number => steps.reduce((all, step) => all + of(step), 0);
  console.log(`${name} | a request | ${sum(({ instructions }) => instructions)} | ${sum(total)} |`);
}

console.log('program | step | instructions | helper calls | which');
print('pebble', await pebble());
if (given.reference) print('reference', reference(given.reference));
