/** Feature probes agree with what the rest of the tests can do on this kernel, and leave nothing behind. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { FEATURE_NAMES, feature, hasFeature } from './index.ts';

test('every feature is there, or has a reason and a consequence', async () => {
  const before = readdirSync('/proc/self/fd').length;
  const features = await Promise.all(FEATURE_NAMES.map(feature));
  for (const { name, available, reason, without, since } of features) {
    assert.match(since, /^\d+\.\d+$/);
    assert.equal(available, reason === undefined, name);
    assert.equal(available, without === undefined, name);
  }
  assert.ok(await hasFeature('maps'));
  assert.ok(await hasFeature('programs'));
  // tracefs may have been mounted for this process.
  assert.ok(readdirSync('/proc/self/fd').length <= before + 1);
});
