/** Starts an UnwindWorker; what it needs of Node is loaded only now. */
import type { OnStack } from './batch.ts';
import type { UnwindWorker, UnwindWorkerOptions } from './worker.ts';

export async function unwindOnThread(options: UnwindWorkerOptions, onStack: OnStack): Promise<UnwindWorker> {
  const { UnwindWorker: Started } = await import('./worker.ts');
  return new Started(options, onStack);
}
