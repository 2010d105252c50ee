/** How often a source is looked at: by whether events come, and for those who need none at once by how full it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Poller } from './poller.ts';

/** Has an event at each look. */
class Busy {
  readonly lost = 0;
  readonly fill: number;
  looks = 0;

  constructor(fill: number) {
    this.fill = fill;
  }

  poll(): number {
    this.looks += 1;
    return 1;
  }

  close(): void {}
}

test('a source that stays almost empty is looked at as seldom as one without events', async () => {
  const source = new Busy(0.01);
  const start = performance.now();
  const poller = new Poller(source, () => {}, { busyMs: 1, idleMs: 64, calmBelow: 1 / 16 });
  await sleep(300);
  poller.stop();
  // After 1, 2, 4 … 32 ms, and from then on each 64: timers come late, and never early by more than a millisecond.
  const most = 7 + (performance.now() - start) / 63;
  assert.ok(source.looks > 0 && source.looks <= most, `${source.looks} looks, at most ${most}`);
});

test('one that fills is looked at again and again, and so is one that is almost empty where nothing else was asked for', async () => {
  for (const [source, options] of [
    [new Busy(0.5), { calmBelow: 1 / 16 }],
    [new Busy(0.01), {}],
  ] as const) {
    // A pause that grew would not end within the time that a test has.
    const poller = new Poller(source, () => {}, { busyMs: 1, idleMs: 1_000_000, ...options });
    while (source.looks < 25) await sleep(1);
    poller.stop();
  }
});
