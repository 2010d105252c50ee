/** Trouble with a receiver of OTLP: what is said of it, and how often; what is counted. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, type TestContext, test } from 'node:test';
import { OtlpPush, type OtlpSource } from './push.ts';
import type { OtlpTarget } from './target.ts';

describe('a receiver of OTLP that is not well', () => {
  /** Of the next answers. */
  let status = 200;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end(status === 200 ? '' : 'who are you');
  });
  let target: OtlpTarget;
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    target = {
      endpoint,
      isJson: false,
      headers: {},
      signals: new Set(['metrics']),
      intervalMs: 2 ** 30,
      slowMs: 1000,
    };
  });
  after(() => server.close());

  function pushing(t: TestContext): { readonly push: OtlpPush; readonly said: string[] } {
    const said: string[] = [];
    const source: OtlpSource = {
      host: 'db1',
      version: '1',
      startedMs: 0,
      families: async () => [],
      onError: (error) => said.push((error as Error).message),
    };
    const push = new OtlpPush(target, source);
    t.after(() => push.close());
    return { push, said };
  }

  test('what it refuses each time is said once, and again after it was well', async (t) => {
    const { push, said } = pushing(t);
    status = 401;
    for (let n = 0; n < 3; n++) await push.push();
    assert.match(said.join('\n'), /^sending to OpenTelemetry: \S+\/v1\/metrics answered 401: who are you$/);
    assert.deepEqual([push.status.lost, push.status.pending, push.status.trouble], [3, 0, null]);
    status = 200;
    await push.push();
    status = 401;
    await push.close();
    assert.deepEqual([said.length, push.status.sent, push.status.lost], [2, 1, 4]);
  });

  test('what waits is said once, and sent when it is well', async (t) => {
    const { push, said } = pushing(t);
    status = 503;
    for (let n = 0; n < 3; n++) await push.push();
    assert.deepEqual([said.length, push.status.pending], [1, 3]);
    assert.match(push.status.trouble ?? '', /answered 503/);
    status = 200;
    await push.close();
    assert.deepEqual([said.length, push.status.sent, push.status.lost, push.status.pending], [1, 4, 0, 0]);
  });
});
