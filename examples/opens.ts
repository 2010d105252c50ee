/** Runs a compiled C program for a while: `opens.ts OBJECT SECONDS`, e.g. of opens.bpf.c. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Poller, RingBuffer } from 'pgpebble/bpf';
import { loadObject, openObject, recordDecoder } from 'pgpebble/bpf/object';

const [path = 'opens.bpf.o', seconds = '1'] = process.argv.slice(2);

// Read the object; global variables can be set until it is loaded.
const object = openObject(path).set('least_ns', 100_000n);
const { collection } = await loadObject(object);

// Records of the ring buffer, decoded by the types of the C.
const slow = new RingBuffer(collection.map('slow'));
const decode = recordDecoder(object, collection.spec.maps.find(({ name }) => name === 'slow')!);
let slowOpens = 0;
const poller = new Poller(slow, (view, at, length) => {
  slowOpens++;
  const event = decode(Buffer.from(view.buffer, view.byteOffset + at, length));
  if (slowOpens <= 5) console.log('slow open:', event);
});

await collection.attachAll();
await sleep(Number(seconds) * 1000);

poller.stop();
poller.drain();
slow.close();
for (const [process, count] of collection.keyed('opens')) console.log(process, count);
console.log(`${slowOpens} opens took more than 100 µs`);
collection.close();
