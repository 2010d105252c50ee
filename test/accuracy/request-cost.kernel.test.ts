/** What a request of a prepared statement costs in calls, hook by hook: what is called for nothing is seen here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pebbleInVm } from '../../bench/attribution-cost/pebble-in-vm.ts';
import { UNABLE } from './servers.ts';

/** Prime. */
const REQUESTS = 7;
/** Of helpers, by step; less is better, and more needs a reason. */
const MOST: Readonly<Record<string, number>> = {
  'client sends': 1,
  'switch to backend': 2,
  'receives request': 5,
  'sends answer': 10,
  'receives nothing': 0,
  'switch from backend': 1,
  'client receives': 1,
  'foreign switch': 0,
};

/** Of the program's own functions. */
const MOST_OWN = 1;

const total = (calls: ReadonlyMap<string, number>): number => calls.values().reduce((sum, count) => sum + count, 0);

test('calls of a request', { skip: UNABLE }, async () => {
  const { world, only } = await pebbleInVm();
  for (let i = 1; i < REQUESTS; i++) world.run();
  for (const { name, helpers, calls } of [...world.run(), world.foreignSwitch()]) {
    assert.ok(total(helpers) <= MOST[name]!, `${name}: ${total(helpers)} of ${[...helpers.keys()].join(', ')}`);
    assert.ok(total(calls) <= MOST_OWN, `${name}: ${total(calls)} of ${[...calls.keys()].join(', ')}`);
  }
  const { requests, calls, errors, shared_hit } = only('@queries');
  assert.deepEqual({ requests, calls, errors }, { requests: 7n, calls: 7n, errors: 0n });
  // Four blocks each; what had been read before the first request is nobody's.
  assert.ok(shared_hit === 28n || shared_hit === 24n);
});
