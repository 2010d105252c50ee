/** Doors: links work once, passwords are kept as hashes, a proxy is believed from its own address only. */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { Access, hashPassword, Users } from './index.ts';
import { verifyPassword } from './secret.ts';
import { parseUsers } from './users.ts';

const request = (headers: Record<string, string>, remoteAddress = '127.0.0.1', localPort = 7070): IncomingMessage =>
  ({ headers, socket: { remoteAddress, localPort } }) as unknown as IncomingMessage;

test('a link works once, and its cookie from then on', () => {
  let used = 0;
  const access = new Access({ onLinkUsed: () => used++ });
  const { token } = access;
  assert.equal(access.redeem('wrong'), undefined);
  const secret = access.redeem(token)!;
  assert.equal(access.redeem(token), undefined);
  assert.equal(used, 1);
  assert.notEqual(access.token, token);
  assert.deepEqual(access.userOf(request({ cookie: `other=1; pebble-7070=${secret}` })), {
    name: 'link',
    role: 'admin',
  });
  assert.equal(access.userOf(request({ cookie: `pebble-7070=${secret}x` })), undefined);
  assert.equal(access.userOf(request({ cookie: `pebble-7070=${secret}` }, '127.0.0.1', 7071)), undefined);
  access.signOut(request({ cookie: `pebble-7070=${secret}` }));
  assert.equal(access.userOf(request({ cookie: `pebble-7070=${secret}` })), undefined);
});

test('a session ends by itself', ({ mock }) => {
  mock.timers.enable({ apis: ['Date'], now: 0 });
  const access = new Access();
  const cookie = `pebble-7070=${access.redeem(access.token)!}`;
  mock.timers.tick(12 * 3_600_000 - 1);
  assert.ok(access.userOf(request({ cookie })));
  mock.timers.tick(1);
  assert.equal(access.userOf(request({ cookie })), undefined);
});

test('passwords: right, wrong, unknown name, and the role of the file', async () => {
  const hash = await hashPassword('correct horse battery');
  assert.doesNotMatch(hash, /correct/);
  assert.notEqual(hash, await hashPassword('correct horse battery'));
  assert.equal(await verifyPassword('correct horse battery', hash), true);
  const access = new Access({ users: new Users(parseUsers(`# who\nalice:viewer:${hash}\n`, 'a test')) });
  const secret = await access.signIn('alice', 'correct horse battery');
  assert.deepEqual(access.userOf(request({ cookie: `pebble-7070=${secret}` })), { name: 'alice', role: 'viewer' });
  assert.equal(await access.signIn('alice', 'correct horse batterx'), undefined);
  assert.equal(await access.signIn('mallory', 'correct horse battery'), undefined);
  const many = await Promise.all(Array.from({ length: 6 }, () => access.signIn('alice', 'guess')));
  assert.ok(many.includes('busy'));
});

test('a line that is no user says which', () => {
  assert.throws(() => parseUsers('alice:root:x', 'reading users'), /line 1 is no user/);
  assert.throws(() => parseUsers('alice:admin:plain', 'reading users'), /form scrypt\$/);
});

test('a proxy names the user, from its address only', () => {
  const proxy = { header: 'X-Forwarded-User', addresses: ['10.0.0.1'], admins: ['root'] };
  const access = new Access({ proxy });
  const headers = { 'x-forwarded-user': 'bob' };
  assert.deepEqual(access.userOf(request(headers, '::ffff:10.0.0.1')), { name: 'bob', role: 'viewer' });
  assert.equal(access.userOf(request(headers, '10.0.0.2')), undefined);
  assert.equal(access.userOf(request({ 'x-forwarded-user': 'root' }, '10.0.0.1'))?.role, 'admin');
});
