/** Who is trusted with what we act on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strangerWhoWrites } from './strangers.ts';

const me = process.geteuid!();

test('root, ourselves, and a group of our own', () => {
  for (const stats of [
    { uid: 0, gid: 0, mode: 0o100644 },
    { uid: 0, gid: 0, mode: 0o100664 },
    { uid: me, gid: 12345, mode: 0o100644 },
    { uid: me, gid: me, mode: 0o100664 },
  ])
    assert.equal(strangerWhoWrites(stats), undefined, JSON.stringify(stats));
});

test('another user, everybody, another group', () => {
  assert.match(strangerWhoWrites({ uid: 54321, gid: 0, mode: 0o100600 })!, /belongs to user 54321/);
  assert.match(strangerWhoWrites({ uid: me, gid: me, mode: 0o100666 })!, /every user/);
  assert.match(strangerWhoWrites({ uid: me, gid: 12345, mode: 0o100660 })!, /group 12345/);
});
