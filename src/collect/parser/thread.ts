/** The parser's thread: answers one text after the other, and wakes who waits for it. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { Parser } from '../../postgres/fingerprint/index.ts';
import type { Asked } from './parser-thread.ts';

const { port, answered } = workerData as { readonly port: MessagePort; readonly answered: Int32Array };
const parser = await Parser.load();

port.on('message', ({ method, text }: Asked) => {
  port.postMessage(parser[method](text));
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
});
