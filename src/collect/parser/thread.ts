/** The parser's thread: answers one text after the other, and wakes who waits for it. */
import { type MessagePort, workerData } from 'node:worker_threads';
import { Parser } from '../../postgres/fingerprint/index.ts';
import { ANSWERED, type Asked, STARTED } from './parser-thread.ts';

const { port, state } = workerData as { readonly port: MessagePort; readonly state: Int32Array };
const parser = await Parser.load();
Atomics.store(state, STARTED, 1);

port.on('message', ({ method, text }: Asked) => {
  port.postMessage(parser[method](text));
  Atomics.store(state, ANSWERED, 1);
  Atomics.notify(state, ANSWERED);
});
