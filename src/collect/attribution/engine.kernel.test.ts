/** The program with each of its signals, and with all: the verifier accepts what each adds to the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCollection } from '../../bpf/index.ts';
import { Engine } from './engine.ts';
import { findWays } from './kernel.ts';
import { MEMORY_BUDGET } from './memory.ts';
import { compileProgram, SIGNALS, withRoom } from './program.ts';

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

/** Verifiers take a million, and of the same program not all of them as many. */
const MOST_INSTRUCTIONS = 900_000;

test('verifiers that walk through loops take it, too', { skip: UNABLE }, async () => {
  const own = await findWays();
  const features = { ...own.features, isaV4: false, mayGoto: false, bpfLoop: false };
  const script = compileProgram(new Set(SIGNALS), 1, { ...own, features });
  using collection = await loadCollection(withRoom(script, new Set(SIGNALS), MEMORY_BUDGET));
  for (const { name, program } of script.probes) {
    // Linux 5.16 tells it.
    const { verified_insns: count = 0 } = collection.program(program).info();
    assert.ok(count <= MOST_INSTRUCTIONS, `${name}: ${count}`);
  }
});

for (const signals of [[], ...SIGNALS.map((signal) => [signal]), SIGNALS]) {
  test(`the kernel takes the program with ${signals.join(', ') || 'no signal'}`, { skip: UNABLE }, async () => {
    (await Engine.load(() => undefined, { signals })).close();
  });
}
