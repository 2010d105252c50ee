/** The HTTP server: closed to strangers, and its JSON and its stream agree with what is watched. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { LiveFrame, LiveSnapshot } from '../../src/api/index.ts';
import { type LiveDemo, noRoot, startLiveDemo } from './live.ts';

describe('the live server', { skip: noRoot }, () => {
  let demo: LiveDemo;
  let origin: string;
  let cookie: string;

  before(async () => {
    demo = await startLiveDemo();
    origin = new URL(demo.link).origin;
    const answer = await fetch(demo.link, { redirect: 'manual' });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/');
    cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
  });
  after(() => demo?.close());

  const get = (path: string): Promise<Response> => fetch(`${origin}${path}`, { headers: { cookie } });

  test('refuses who has no token, a wrong one, or comes by another name', async () => {
    assert.equal((await fetch(`${origin}/`)).status, 401);
    assert.equal((await fetch(`${origin}/api/live`)).status, 401);
    assert.equal((await fetch(`${origin}/?token=wrong`)).status, 401);
    assert.equal(await statusFor(origin, { cookie, host: 'evil.example' }), 421);
    assert.equal((await fetch(`${origin}/`, { method: 'POST', headers: { cookie } })).status, 405);
  });

  test('serves the page with a strict policy, its modules without types, and nothing else', async () => {
    const page = await get('/');
    assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/);
    assert.match(await page.text(), /<script type="module" src="\/main.ts">/);
    const module = await (await get('/load/chart.ts')).text();
    assert.doesNotMatch(module, /import type|: readonly /);
    assert.match(await (await get('/packages/preact-hooks.mjs')).text(), /\/packages\/preact\.mjs/);
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/base/errors.ts', '/tsconfig.json', '/nothing']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  test('the stream brings frames whose load is that of their rows', async () => {
    const { frame } = (await (await get('/api/live')).json()) as LiveSnapshot;
    assert.equal(frame.clusters.length, 1);
    const next = await firstFrame(await get('/api/live/stream'), (candidate) => candidate.queries.length > 5);
    const update = next.queries.find(({ query }) => query?.startsWith('UPDATE demo.counters'))!;
    assert.ok(update.calls > 0 && update.off_cpu_us > update.on_cpu_us, 'the lock convoy waits');
    assert.ok(Object.values(next.load.sessions).reduce((sum, value) => sum + value, 0) > 1);
  });
});

/** fetch() lets nobody set the host. */
function statusFor(origin: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(origin, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    sent.once('error', reject).end();
  });
}

async function firstFrame(response: Response, isWanted: (frame: LiveFrame) => boolean): Promise<LiveFrame> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop()!;
    for (const event of events) {
      const frame = JSON.parse(event.replace(/^data: /, '')) as LiveFrame;
      if (isWanted(frame)) return frame;
    }
  }
  throw new Error('the stream ended');
}
