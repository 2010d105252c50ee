/** Addresses of --listen as people write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListen } from './listen.ts';

test('host and port, either alone where it can be', () => {
  assert.deepEqual(parseListen(undefined), { host: '127.0.0.1', port: 0 });
  assert.deepEqual(parseListen('8432'), { host: '127.0.0.1', port: 8432 });
  assert.deepEqual(parseListen(':8432'), { host: '127.0.0.1', port: 8432 });
  assert.deepEqual(parseListen('0.0.0.0:8432'), { host: '0.0.0.0', port: 8432 });
  assert.deepEqual(parseListen('[::1]:8432'), { host: '::1', port: 8432 });
});

test('what is no address says how to write one', () => {
  for (const text of ['host', '127.0.0.1:', '1:2:3', '99999', ':::']) {
    assert.throws(() => parseListen(text), { code: 'usage', hint: /HOST:PORT/ });
  }
});
