/** What the pages compute: addresses, SQL in pieces, CSV, blocking trees, stacks as trees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GIVING_UP } from '../../src/agent/index.ts';
import type { LockRow, ProfileRow } from '../../src/api/index.ts';
import { givenUpText } from '../../src/dashboard/frame/given-up.ts';
import { placeOf, searchOf, withFacet } from '../../src/dashboard/state/place.ts';
import { csvOf, textOf } from '../../src/dashboard/ui/copy.ts';
import { blockersOf, treesOf } from '../../src/dashboard/ui/lock-tree.ts';
import { collapsed, functionsOf, treeOf } from '../../src/dashboard/views/flames/tree.ts';

test('an address says a place, and a place its address', () => {
  for (const search of [
    '',
    '?view=queries&last=1h&wait_event_type=Lock&queries.sort=-p95',
    '?from=2026-01-31T12%3A00%3A00.000Z&to=2026-01-31T12%3A05%3A00.000Z&compare=before&fingerprint=-12',
  ]) {
    const place = placeOf(search);
    assert.deepEqual(placeOf(searchOf(place)), place);
  }
  assert.deepEqual(placeOf('?last=nonsense').range, { kind: 'last', seconds: 300 });
  assert.equal(searchOf(withFacet(placeOf('?user=alice&last=5m'), 'user', undefined)), '?last=5m');
});

test('CSV is quoted, and runs in no spreadsheet', () => {
  assert.equal(
    csvOf([
      ['a', 'say "x",\ny'],
      ['=cmd()', '-1'],
    ]),
    'a,"say ""x"",\ny"\r\n\'=cmd(),-1\r\n',
  );
  assert.equal(
    textOf([
      ['load', 'query'],
      ['1.5', 'SELECT\n 1'],
    ]),
    'load  query\n1.5   SELECT 1\n',
  );
});

const lock = (waiter: number, blocker: number, waitUs: number, application = 'app'): LockRow =>
  ({
    cluster: '/data',
    waiter_pid: waiter,
    waiter_query: `waits ${waiter}`,
    waiter_fingerprint: String(waiter),
    blocker_pid: blocker,
    blocker_application: application,
    blocker_state: 'active',
    blocker_query: 'UPDATE t',
    blocker_fingerprint: '7',
    count: 1,
    wait_us: waitUs,
    max_us: waitUs,
  }) as LockRow;

test('chains of waiters become trees below their root, and a deadlock is shown, too', () => {
  const [tree, second] = treesOf([lock(2, 1, 100), lock(3, 2, 50), lock(4, 2, 60), lock(9, 8, 5)]);
  assert.deepEqual([tree!.pid, tree!.sessions.size, tree!.waitUs], [1, 3, 210]);
  assert.deepEqual(
    tree!.waiters[0]!.waiters.map(({ pid }) => pid),
    [4, 3],
  );
  assert.equal(second!.pid, 8);
  const deadlock = treesOf([lock(1, 2, 10), lock(2, 1, 20)]);
  assert.equal(deadlock.length, 1);
  assert.equal(deadlock[0]!.sessions.size, 2);
  const [again] = treesOf([lock(2, 1, 100), lock(2, 1, 30)]);
  assert.deepEqual(
    again!.waiters.map(({ pid, wait }) => [pid, wait!.wait_us, wait!.count]),
    [[2, 130, 2]],
  );
});

test('blockers are added up by application', () => {
  const [first] = blockersOf([lock(2, 1, 100), lock(3, 5, 50), lock(4, 6, 10, 'other')]);
  assert.deepEqual([first!.application, first!.pids.size, first!.waitUs, first!.maxUs], ['app', 2, 150, 100]);
});

const stack = (names: readonly string[], time_us: number): ProfileRow =>
  ({
    kind: 'on_cpu',
    complete: true,
    time_us,
    stack: names.map((name) => ({ function: name, module: 'postgres', known: true })),
  }) as unknown as ProfileRow;

test('stacks merge; a function that calls itself is counted once; the difference keeps both windows', () => {
  const rows = [stack(['main', 'f', 'g'], 10), stack(['main', 'f', 'f'], 5), stack(['main', 'h'], 1)];
  const root = treeOf(rows, [stack(['main', 'h'], 4)]);
  const main = root.children.get('main')!;
  assert.deepEqual([root.total, main.total, main.self], [16, 16, 0]);
  assert.deepEqual([main.children.get('h')!.total, main.children.get('h')!.before], [1, 4]);
  const f = functionsOf(root).find(({ name }) => name === 'f')!;
  assert.deepEqual([f.self, f.total], [5, 15]);
  assert.equal(collapsed(rows), 'main;f;g 10\nmain;f;f 5\nmain;h 1\n');
});

test('what was given up for the budget is said in words, in the order of its going', () => {
  assert.equal(givenUpText({ budget: 0.01, given_up: [] }), undefined);
  const text = givenUpText({ budget: 0.01, given_up: ['inner', 'executions'] })!;
  assert.match(text, /budget of 1\.00%: single slow requests; what functions and triggers execute\. /);
  for (const signal of GIVING_UP) {
    const [, said] = /: (.*?)\. /.exec(givenUpText({ budget: 0.01, given_up: [signal] })!)!;
    assert.notEqual(said, signal, `${signal} has no words`);
  }
});
