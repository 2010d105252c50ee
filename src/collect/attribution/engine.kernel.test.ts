/** The program with each of its signals, and with all: the verifier accepts what each adds to the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Engine } from './engine.ts';
import { SIGNALS } from './program.ts';

const UNABLE: string | false = process.geteuid?.() === 0 ? false : 'loading programs needs root';

test('the kernel takes the program with all signals where not all are asked for', { skip: UNABLE }, async () => {
  const choice = { database: 'postgres', user: 'postgres', queryId: '-7' };
  (await Engine.load(() => undefined, { signals: SIGNALS, choice })).close();
});

test('a program with several hooks costs once', { skip: UNABLE }, async () => {
  const engine = await Engine.load(() => undefined, {});
  try {
    const hooks = engine.programs().map(({ hook }) => hook);
    assert.ok(
      hooks.some((hook) => hook.endsWith(':sched_switch')),
      hooks.join(),
    );
    // Calls of fsync on each file system whose event this kernel has.
    assert.ok(hooks.filter((hook) => /ext4_sync_file_enter|xfs_file_fsync/.test(hook)).length <= 1, hooks.join());
    assert.equal(new Set(hooks).size, hooks.length);
  } finally {
    engine.close();
  }
});

for (const signals of [[], ...SIGNALS.map((signal) => [signal]), SIGNALS]) {
  test(`the kernel takes the program with ${signals.join(', ') || 'no signal'}`, { skip: UNABLE }, async () => {
    (await Engine.load(() => undefined, { signals })).close();
  });
}
