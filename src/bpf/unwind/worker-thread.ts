/** The thread of an UnwindWorker. */
import { parentPort, workerData } from 'node:worker_threads';
import { RingBuffer } from '../ring/index.ts';
import { StackBatchWriter } from './batch.ts';
import { UnwindTables } from './tables.ts';
import { Unwinder } from './unwinder.ts';
import type { FromThread, ToThread, UnwindSetup } from './worker.ts';

const {
  arch,
  layout,
  ring: map,
  maxFrames,
  tableBytes,
  bytesAhead,
  busyMs = 5,
  idleMs = 100,
} = workerData as UnwindSetup;
/** Samples between two looks at what the other thread has to say. */
const ROUND = 64;

const port = parentPort!;
const ring = map && new RingBuffer(map);
const unwinder = new Unwinder(arch, {
  tables: new UnwindTables(tableBytes),
  ...(maxFrames !== undefined && { maxFrames }),
});
const batch = new StackBatchWriter(layout.registers);
let ahead = 0;
let pause = busyMs;
let timer: NodeJS.Timeout | undefined;

function unwind(view: DataView, at: number): void {
  const pid = view.getUint32(at + layout.pid, true);
  const copied = view.getUint32(at + layout.stack_bytes, true);
  const parent = layout.parent === undefined ? undefined : view.getUint32(at + layout.parent, true);
  const reason = unwinder.unwind(pid, view, at + layout.registers, at + layout.stack, copied, parent);
  batch.add(unwinder, reason, view, at);
}

function send(read: number): void {
  const stacks = batch.take();
  if (stacks === undefined && read === 0) return;
  ahead += stacks?.byteLength ?? 0;
  port.postMessage({ stacks, read } satisfies FromThread, stacks ? [stacks] : []);
}

function readRing(from: RingBuffer): void {
  const count = ahead < bytesAhead ? from.poll(unwind, ROUND) : 0;
  send(0);
  pause = count === 0 ? Math.min(pause * 2, idleMs) : busyMs;
  timer = setTimeout(() => readRing(from), count === ROUND ? 0 : pause);
}

function unwindAll(bytes: ArrayBuffer, size: number): void {
  const view = new DataView(bytes);
  for (let at = 0; at + size <= bytes.byteLength; at += size) unwind(view, at);
  send(bytes.byteLength);
}

function stop(): void {
  clearTimeout(timer);
  while (ring && ring.poll(unwind, ROUND) > 0) send(0);
  ring?.close();
  port.close();
}

const HANDLERS: { readonly [Kind in ToThread['kind']]: (message: Extract<ToThread, { kind: Kind }>) => void } = {
  samples: ({ bytes, size }) => unwindAll(bytes, size),
  remember: ({ pid }) => void unwinder.spaces.remember(pid),
  forget: ({ pid }) => unwinder.spaces.forget(pid),
  taken: ({ bytes }) => {
    ahead -= bytes;
  },
  stop,
};

port.on('message', (message: ToThread) => HANDLERS[message.kind](message as never));
if (ring) readRing(ring);
