/** Memory of processes that have ended. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { readText } from './proc.ts';
import { ProcessMemory } from './process-memory.ts';

async function until(isSo: () => boolean | undefined): Promise<void> {
  while (!isSo()) await new Promise((next) => setTimeout(next, 5));
}

test('a zombie has ended, and is not said to be forbidden', async () => {
  // The shell would wait for its child; what it becomes does not.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const zombie = Number(String((await once(parent.stdout, 'data'))[0]));
    await until(() => readText(`/proc/${parent.pid}/comm`) === 'sleep\n');
    process.kill(zombie, 'SIGKILL');
    await until(() => readText(`/proc/${zombie}/stat`)?.includes(') Z '));
    assert.throws(() => ProcessMemory.open(zombie), { code: 'no-target', what: 'the process has ended' });
  } finally {
    parent.kill();
  }
});

test('so has a process that is no more', () => {
  assert.throws(() => ProcessMemory.open(2 ** 22 + 1), { code: 'no-target' });
});
