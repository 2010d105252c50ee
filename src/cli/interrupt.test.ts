/** Signals end a long command softly at first, then at once. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

const MODULE = new URL('./interrupt.ts', import.meta.url).href;

/** A program that ends softly 20 s after the first signal, or says so and ends at once. */
async function run(onAbort: string, signals: readonly NodeJS.Signals[]) {
  const source = `import { interruption, interruptedStatus } from '${MODULE}';
    interruption().addEventListener('abort', () => { console.log('aborted'); ${onAbort} });
    setTimeout(() => {}, 20_000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  for (const signal of signals) {
    await once(child.stdout, 'data');
    child.kill(signal);
  }
  return (await exit)[0];
}

test('the first signal aborts, and the status tells which it was', async () => {
  const soft = 'process.exit(interruptedStatus())';
  assert.equal(await run(soft, ['SIGINT']), 130);
  assert.equal(await run(soft, ['SIGTERM']), 143);
});

test('the second signal does not wait', async () => {
  assert.equal(await run('', ['SIGINT', 'SIGINT']), 130);
});
