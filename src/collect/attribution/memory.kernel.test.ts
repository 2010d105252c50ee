/** All maps of the program, full to the last entry: the kernel charges no more than was computed, and that is the budget. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { KernelError, KeyedMap, type MapHandle, possibleCpus } from '../../bpf/index.ts';
import { Engine } from './engine.ts';
import { findWays } from './kernel.ts';
import { MEMORY_BUDGET, mapBytes } from './memory.ts';
import { compileProgram, SIGNALS, withRoom } from './program.ts';

const UNABLE: string | false = process.geteuid?.() === 0 ? false : 'loading programs needs root';
/** A machine of many CPUs has little room in the whole budget; one of few would be filled for long. */
const BUDGET = possibleCpus() > 16 ? MEMORY_BUDGET : 8 << 20;
const ENOMEM = 12;
const WITH_PROFILE = 16 << 20;

const isFilled = (map: MapHandle): map is KeyedMap<unknown, unknown> =>
  map instanceof KeyedMap && (map.type === 'hash' || map.type === 'percpu_hash');

/** As many entries as it takes. The kernel allocates ahead, behind the scenes: who is too fast waits for it. */
async function fill(map: KeyedMap<unknown, unknown>): Promise<number> {
  const key = new DataView(new ArrayBuffer(map.key.size));
  const zero = map.value.read(new DataView(new ArrayBuffer(map.value.size)), 0);
  for (let n = 0; n < map.maxEntries; n++) {
    // Digits, because a part of a key may be text.
    if (map.key.size < 8) key.setUint32(0, n, true);
    else for (let at = 0; at < 8; at++) key.setUint8(at, 0x30 + ((n >> (3 * at)) & 7));
    for (let tries = 0; !put(map, map.key.read(key, 0), zero); tries++) {
      if (tries === 1000) return n;
      await sleep(1);
    }
  }
  return map.maxEntries;
}

function put(map: KeyedMap<unknown, unknown>, key: unknown, value: unknown): boolean {
  try {
    return map.set(key, value, 'new');
  } catch (error) {
    if (error instanceof KernelError && error.errno === ENOMEM) return false;
    throw error;
  }
}

/** Statements that find room beside each other with everything collected; the budget is the same. */
const STATEMENTS = [
  [2, 20_000],
  [64, 1500],
  [128, 700],
] as const;

test('the program fits its budget on 2, 64 and 128 possible CPUs', { skip: UNABLE }, async (t) => {
  const all = new Set(SIGNALS);
  const script = compileProgram(all, 1, await findWays());
  for (const [cpus, least] of STATEMENTS) {
    const { maps } = withRoom(script, all, MEMORY_BUDGET, cpus);
    const bytes = maps.reduce((sum, map) => sum + mapBytes(map, cpus), 0);
    const entries = maps.find(
      ({ name }) => name === script.maps.find((one) => one.name === '@queries')!.spec,
    )!.maxEntries;
    t.diagnostic(`${cpus} CPUs: ${bytes} of ${MEMORY_BUDGET} bytes, ${entries} statements`);
    assert.ok(bytes <= MEMORY_BUDGET && bytes > MEMORY_BUDGET * 0.95, `${cpus} CPUs: ${bytes}`);
    assert.ok(entries >= least && entries <= 50_000, `${cpus} CPUs: ${entries} statements`);
  }
});

test(`full maps keep to the budget, with ${possibleCpus()} possible CPUs`, { skip: UNABLE }, async () => {
  const budget = BUDGET + WITH_PROFILE;
  const engine = await Engine.load(() => undefined, { signals: SIGNALS, memoryBytes: budget });
  try {
    const empty = engine.memoryBytes();
    let entries = 0;
    for (const map of engine.loaded.maps.filter(isFilled)) {
      assert.equal(await fill(map), map.maxEntries, map.name);
      entries += map.maxEntries;
    }
    const full = engine.memoryBytes();
    console.log(`${possibleCpus()} CPUs: ${entries} entries, ${full} of ${budget} bytes, ${empty} while empty`);
    assert.ok(full <= budget, `${full} bytes of ${budget}`);
    assert.ok(full > budget / 2, `${full} bytes: the budget is used`);
  } finally {
    engine.close();
  }
});
