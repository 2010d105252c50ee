/** Our side, with the same tasks as peer.c: ours.ts TASK OBJECT …, prints one line of JSON. */
import { setTimeout as sleep } from 'node:timers/promises';
import { attach } from '../../src/bpf/index.ts';
import { chunksOf } from '../../src/bpf/maps/batch.ts';
import { type LoadedObject, loadObject, openObject } from '../../src/bpf/object/host/index.ts';
import { Poller, RingBuffer } from '../../src/bpf/ring/index.ts';
import { Element } from '../../src/bpf/sys/index.ts';

const PID = 16;
const VALUE = 24;

const [task, path, ...rest] = process.argv.slice(2) as [string, string, ...string[]];
const now = () => performance.now();
/** Milliseconds that this thread had a CPU: waiting for one is no cost of ours. */
function onCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
const print = (result: Readonly<Record<string, number>>) => void process.stdout.write(`${JSON.stringify(result)}\n`);
let events = 0;
let sum = 0;

/** Reads two fields, as the C does. */
function onEvent(view: DataView, at: number): void {
  events++;
  sum += view.getUint32(at + VALUE, true) + view.getUint32(at + PID, true);
}

function load(flags: number, producer: number, programs: readonly string[]): Promise<LoadedObject> {
  const object = openObject(path).set('flags', BigInt(flags)).set('producer', producer);
  return loadObject(object, { programs: ({ name }) => programs.includes(name) });
}

const TASKS: Readonly<Record<string, () => Promise<void>>> = {
  async drain() {
    const { collection } = await load(1, 0, ['fill']);
    const ring = new RingBuffer(collection.map('ring'));
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 25; i++) {
      collection.program('fill').testRun();
      events = 0;
      const start = onCpu();
      ring.poll(onEvent);
      const each = ((onCpu() - start) * 1e6) / events;
      if (i > 1) best = Math.min(best, each);
    }
    print({ ns: best, events, sum });
  },
  async reading() {
    const [flags, producer, ms] = rest.map(Number) as [number, number, number];
    const { collection } = await load(flags, producer, ['send']);
    const poller = new Poller(new RingBuffer(collection.map('ring')), onEvent);
    await collection.attachAll();
    const start = now();
    const before = process.cpuUsage();
    events = 0;
    await sleep(ms);
    const { user, system } = process.cpuUsage(before);
    const took = now() - start;
    poller.stop();
    const { dropped } = collection.keyed('.bss').get(0) as { dropped: bigint };
    print({ rate: (events * 1000) / took, dropped: Number(dropped), cpu: (user + system) / 10 / took });
    process.exit();
  },
  async batch() {
    const { collection } = await load(1, 0, ['load']);
    collection.program('load').testRun();
    const table = collection.keyed('table');
    const element = new Element(table.fd, table.key.size, table.value.size);
    let best = Number.POSITIVE_INFINITY;
    let entries = 0;
    for (let i = 0; i < 15; i++) {
      const start = onCpu();
      entries = 0;
      for (const { count } of chunksOf(table, element, false)) entries += count;
      best = Math.min(best, onCpu() - start);
    }
    print({ ms: best, entries });
  },
  async uprobes() {
    const [binary, ...places] = rest as [string, ...string[]];
    const { collection } = await load(1, 0, ['hit']);
    const pairs = places.map((place) => place.split(':').map(BigInt));
    const spec = {
      kind: 'uprobe_multi',
      program: 'hit',
      binary,
      fileOffsets: pairs.map(([offset]) => offset!),
      semaphoreOffsets: pairs.map(([, semaphore]) => semaphore ?? 0n),
      atReturn: false,
    } as const;
    await import('../../src/bpf/links/uprobe.ts');
    const start = now();
    const link = await attach(spec, collection.program('hit'));
    const attached = now();
    link.close();
    print({ attach: attached - start, detach: now() - attached });
  },
  async first() {
    const { collection } = await load(1, Number(rest[0]), ['send']);
    const ring = new RingBuffer(collection.map('ring'));
    await collection.attachAll();
    const poller = new Poller(ring, (view, at) => {
      onEvent(view, at);
      if (events > 1) return;
      process.stdout.write(`{"events":${events}}\n`, () => process.exit());
      poller.stop();
    });
  },
};

await TASKS[task]!();
