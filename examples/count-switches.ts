/** No C, no compiler: a program of ten instructions counts context switches on each CPU. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CollectionSpec, loadCollection, u64 } from 'pgpebble/bpf';
import { aluImm, aluReg, atomic, call, exit, jumpImm, loadReference, storeImm } from 'pgpebble/bpf/asm';

const switches = { name: 'switches', type: 'percpu_array', value: u64, maxEntries: 1 } as const;

const spec: CollectionSpec = {
  maps: [switches],
  programs: [
    {
      name: 'count',
      kind: 'raw_tracepoint',
      license: 'GPL',
      functions: [
        {
          name: 'count',
          parameters: 1,
          insns: [
            storeImm('u32', 10, -4, 0), // key 0, on the stack
            loadReference(1, { kind: 'map', map: 'switches' }),
            aluReg('mov', 2, 10),
            aluImm('add', 2, -4),
            call('map_lookup_elem'),
            jumpImm('eq', 0, 0, 2), // not there: cannot happen in an array, but the verifier does not know
            aluImm('mov', 1, 1),
            atomic('add', 'u64', 0, 0, 1),
            aluImm('mov', 0, 0),
            exit(),
          ],
        },
      ],
    },
  ],
  links: [{ kind: 'raw_tracepoint', program: 'count', event: 'sched_switch' }],
};

using collection = await loadCollection(spec);
await collection.attachAll();
await sleep(Number(process.argv[2] ?? 1) * 1000);
const counts = collection.map(switches).get(0)!;
for (const [cpu, count] of counts.entries()) console.log(`CPU ${cpu}: ${count} context switches`);
