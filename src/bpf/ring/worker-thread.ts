/** The thread of a RingWorker: empties the ring into batches, as long as they are taken. */
import { parentPort, workerData } from 'node:worker_threads';
import { RingBuffer } from './ring-buffer.ts';
import { BATCH_HEADER, type RingBatch, type RingWorkerSetup, STOP } from './worker.ts';

const { map, options, batchBytes, bytesAhead } = workerData as RingWorkerSetup;
const { busyMs = 1, idleMs = 100 } = options;
const port = parentPort!;
const ring = new RingBuffer(map);
let ahead = 0;
let pause = busyMs;
let timer: NodeJS.Timeout | undefined;
let stopping = false;

/** One batch out of the ring; undefined when there is nothing. */
function fill(): RingBatch | undefined {
  let bytes = new ArrayBuffer(Math.min(batchBytes, Math.max(2 * ring.waiting, 4096)));
  let target = new Uint8Array(bytes);
  let header = new DataView(bytes);
  let used = 0;
  let count = 0;
  const take = (view: DataView, offset: number, length: number) => {
    const end = (used + BATCH_HEADER + length + 7) & ~7;
    if (end > bytes.byteLength) {
      bytes = bytes.transfer(Math.max(end, 2 * bytes.byteLength));
      target = new Uint8Array(bytes);
      header = new DataView(bytes);
    }
    header.setUint32(used, length, true);
    target.set(new Uint8Array(view.buffer, view.byteOffset + offset, length), used + BATCH_HEADER);
    used = end;
    count++;
  };
  while (used < batchBytes && ring.poll(take, 64) > 0);
  return count === 0 ? undefined : { count, bytes };
}

/** Sends what there is; false when nothing was. */
function send(): boolean {
  let sent = false;
  while (stopping || ahead < bytesAhead) {
    const batch = fill();
    if (batch === undefined) break;
    ahead += batch.bytes.byteLength;
    port.postMessage(batch, [batch.bytes]);
    sent = true;
  }
  return sent;
}

function tick(): void {
  pause = send() ? busyMs : Math.min(pause * 2, idleMs);
  timer = setTimeout(tick, pause);
}

port.on('message', (taken: number) => {
  if (taken !== STOP) {
    ahead -= taken;
    return;
  }
  stopping = true;
  clearTimeout(timer);
  send();
  ring.close();
  port.close();
});
tick();
