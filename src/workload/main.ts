/** The workload's own process: one order comes over the channel; it ends when the channel closes. */

import { runStatements } from './counted/run.ts';
import { prepareDemo } from './demo.ts';
import type { Message, Order } from './workload.ts';

const stopped = new AbortController();
process.once('disconnect', () => stopped.abort());
// A Ctrl-C at the terminal reaches this process too; the one that started it says when to end
process.on('SIGINT', () => {});

process.once('message', async (order: Order) => {
  try {
    await obey(order);
  } catch (error) {
    tell({ kind: 'failed', what: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
  if (process.connected) process.disconnect?.();
});

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'demo': {
      const run = await prepareDemo(order.target);
      tell({ kind: 'running' });
      await run(stopped.signal);
      return;
    }
    case 'counted':
      tell({ kind: 'report', report: await runStatements(order.target, order.sessions) });
      return;
  }
}

function tell(message: Message): void {
  if (process.connected) process.send?.(message);
}
