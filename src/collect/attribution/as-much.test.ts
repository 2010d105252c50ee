/** Which signals are given up, and when that is no help. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PebbleError } from '../../base/errors.ts';
import { asMuchAsTaken } from './as-much.ts';
import type { AttributionOptions } from './attribution.ts';

const refusing = (most: number) => async (options: AttributionOptions) => {
  if (options.signals!.length > most)
    throw new PebbleError('verifier', { what: `${options.signals!.length} are too many` });
  return options.signals;
};

test('what the verifier refuses is left out from the end, and told', async () => {
  const { made, refused } = await asMuchAsTaken({}, ['profile', 'inner', 'io'], refusing(1), 1);
  assert.deepEqual(made, ['profile']);
  assert.deepEqual(
    [...refused],
    [
      ['io', '3 are too many'],
      ['inner', '2 are too many'],
    ],
  );
});

test('what is wanted in any case is not left out', async () => {
  await assert.rejects(asMuchAsTaken({}, ['profile', 'inner'], refusing(0), 1), {
    code: 'verifier',
    message: '1 are too many',
  });
});

test('other errors are nobody’s signal', async () => {
  const make = () => Promise.reject(new PebbleError('privilege', { what: 'no' }));
  await assert.rejects(asMuchAsTaken({}, ['profile', 'inner'], make), { code: 'privilege' });
});

test('where no clock may tick on every CPU, phases are given up', async () => {
  const { refused } = await asMuchAsTaken({}, ['inner', 'phases'], async ({ signals }) => {
    if (signals!.includes('phases')) throw new PebbleError('privilege', { what: 'no clock' });
  });
  assert.deepEqual([...refused], [['phases', 'no clock']]);
});
