/**
 * What one request costs the attribution program in instructions, helper calls and calls of its own functions, which no
 * other load of the machine touches: `node bench/attribution-cost/in-vm.ts [--signals …] [--reference attribution.bpf.o]`.
 * The hooks of a prepared SELECT run in the eBPF machine of src/lang/vm, on a made-up task and memory of PostgreSQL's
 * shape; so do those of the reference.
 */
import { parseArgs } from 'node:util';
import { openObject, thisKernel } from '../../src/bpf/object/host/index.ts';
import type { CollectionSpec } from '../../src/bpf/spec/index.ts';
import type { Signal } from '../../src/collect/attribution/program.ts';
import { pebbleInVm } from './pebble-in-vm.ts';
import { AT, RequestInVm, type Step } from './request-in-vm.ts';

const { values: given } = parseArgs({
  options: { reference: { type: 'string' }, signals: { type: 'string', default: '' } },
});
/** Requests before the one that is counted: by then nothing is new. */
const WARM = 5;

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

const total = (calls: Step['calls']): number => calls.values().reduce((sum, count) => sum + count, 0);
const list = (calls: Step['calls']): string => [...calls].map(([name, count]) => `${count} ${name}`).join(', ');

function print(name: string, world: RequestInVm): void {
  for (let i = 0; i < WARM; i++) world.run();
  const steps = [...world.run()];
  for (const step of [...steps, world.foreignSwitch()]) {
    const { instructions, helpers, calls } = step;
    console.log(
      `${name} | ${step.name} | ${instructions} | ${total(helpers)} | ${total(calls)} | ${list(helpers)}; ${list(calls)}`,
    );
  }
  const sum = (of: (step: Step) => number): number => steps.reduce((all, step) => all + of(step), 0);
  const [helpers, calls] = [sum((step) => total(step.helpers)), sum((step) => total(step.calls))];
  console.log(`${name} | a request | ${sum(({ instructions }) => instructions)} | ${helpers} | ${calls} |`);
}

console.log('program | step | instructions | helper calls | own calls | which');
print('pebble', (await pebbleInVm(new Set(given.signals.split(',').filter(Boolean) as Signal[]))).world);
if (given.reference) print('reference', reference(given.reference));
