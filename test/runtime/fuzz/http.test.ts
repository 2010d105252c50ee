/** Damaged requests to the pages and the API, from somebody who is signed in and from strangers: never a failure of the server's own. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { StoreFeed } from '../../../src/agent/index.ts';
import { LiveServer } from '../../../src/server/index.ts';
import { RecentStore } from '../../../src/store/index.ts';
import { Generator } from '../../../src/store/testing/generate.ts';
import { mutate, mutateText } from './mutate.ts';
import { Random } from './random.ts';

const ROUNDS = 400;
const PATHS = [
  '/',
  '/api/status',
  '/api/queries?last=5m&cluster=x',
  '/api/waits?last=1h&wait_event=DataFileRead',
  '/api/load?last=1h&by=wait_event_type&steps=60',
  '/api/findings?from=2026-01-30T00:00:00Z&to=2026-01-31T00:00:00Z',
  '/api/openapi.json',
  '/main.ts',
  '/../../etc/passwd',
  '/sign-in',
];

async function start(): Promise<{ readonly server: LiveServer; readonly feed: StoreFeed }> {
  const store = new RecentStore();
  const generator = new Generator({ queries: 20 });
  for (let n = 0; n < 12; n++) await store.append(generator.interval(Date.now() - n * 10_000));
  const feed = new StoreFeed(store, 'db1');
  return { server: await LiveServer.listen({ feed, history: store }), feed };
}

/** Everything that comes back until the server closes or a second is over. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

test('damaged requests are answered or refused', async (t) => {
  const { server, feed } = await start();
  t.after(() => {
    server.close();
    feed.close();
  });
  const { port, host, origin } = new URL(server.link);
  const cookie = (await fetch(server.link, { redirect: 'manual' })).headers.get('set-cookie')!.split(';')[0]!;
  const seeds = PATHS.flatMap((path) => [
    Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`),
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nCookie: ${cookie}\r\nContent-Length: 22\r\nConnection: close\r\n\r\n{"pid":1,"action":"x"}`,
    ),
  ]);
  const random = new Random(1);
  const statuses = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const change = random.oneIn(2) ? mutateText : mutate;
    const request = change(random.of(seeds), random.of(seeds), random);
    const status = /^HTTP\/1\.1 (\d+)/.exec(await send(Number(port), request))?.[1] ?? 'closed';
    assert.ok(!status.startsWith('5'), `${status} for ${JSON.stringify(request.toString('latin1'))}`);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  assert.ok((statuses.get('200') ?? 0) > 0 && (statuses.get('400') ?? 0) > 0, JSON.stringify([...statuses]));
  assert.equal((await fetch(`${origin}/api/status`, { headers: { cookie } })).status, 200);
});
