/** Unwinding on a thread: of samples that the thread reads itself, and of those that it is given. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RingBuffer } from '../ring/index.ts';
import { UserSymbols } from '../symbols/index.ts';
import { frameName, stackSample, type UnwoundStack, unwindOnThread } from './index.ts';
import { ARCH, attachSampler } from './testing/samples.ts';

const skip = spawnSync('cc', ['--version']).status === 0 ? false : 'no C compiler is installed';
const directory = mkdtempSync(join(tmpdir(), 'pebble-unwind-'));
let child: ChildProcess;

/** Stripped: `hidden` has no name, `shown` is exported. */
const PROGRAM = `
#define OWN __attribute__((noinline, noclone, noipa))
static OWN double hidden(long n) { volatile double x = 1; for (long i = 0; i < n; i++) x = x * 1.0000001 + i; return x; }
OWN double shown(int n) { volatile char room[40] = { 0 }; return hidden(1000000 + n) + room[3]; }
int main(void) { for (;;) shown(1); }`;

before(() => {
  if (skip) return;
  const [source, program] = [join(directory, 'program.c'), join(directory, 'program')];
  writeFileSync(source, PROGRAM);
  execFileSync('cc', ['-O2', '-fomit-frame-pointer', '-rdynamic', '-s', '-o', program, source]);
  child = spawn(program, { stdio: 'ignore' });
});
after(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

const { offsets, size } = stackSample(ARCH);

class Stacks {
  readonly names = new Map<string, number>();
  readonly #symbols = new UserSymbols();
  count = 0;
  lastTime = 0n;

  remember(): void {
    this.#symbols.remember(child.pid!);
  }

  readonly add = ({ event, reason, addresses, starts }: UnwoundStack): void => {
    assert.equal(reason, 'root');
    assert.equal(event.byteLength, offsets.registers);
    assert.equal(event.getUint32(offsets.pid, true), child.pid);
    const time = event.getBigUint64(offsets.time, true);
    assert.ok(time > this.lastTime, 'in order of time');
    this.lastTime = time;
    this.count++;
    for (const [i, address] of addresses.entries()) {
      const { name } = frameName(this.#symbols, child.pid!, address, starts[i]!, i === 0);
      this.names.set(name, (this.names.get(name) ?? 0) + 1);
    }
  };
}

/** One name for each function, and no function under another's name. */
function assertNames({ names, count }: Stacks): void {
  const own = [...names].filter(([name]) => /shown|main$|of program$/.test(name)).map(([name, times]) => [name, times]);
  const hidden = own.find(([name]) => /^function at 0x[0-9a-f]+ of program$/.test(String(name)));
  // A sample may hit the few instructions of main and of shown between two calls, too.
  for (const times of [hidden?.[1], names.get('shown'), names.get('main')]) {
    assert.ok(Number(times) <= count && Number(times) >= 0.95 * count, `${times} of ${count}`);
  }
}

test('the thread reads a ring', { skip }, async () => {
  using collection = await attachSampler(child.pid!);
  const stacks = new Stacks();
  const worker = await unwindOnThread(
    { arch: ARCH, layout: offsets, ring: collection.map('stack_samples') },
    stacks.add,
  );
  for (let i = 0; i < 600 && stacks.count < 200; i++) await sleep(100);
  await worker.stop();
  assert.ok(stacks.count >= 200, `${stacks.count} stacks`);
  assert.equal(worker.count, stacks.count);
  assertNames(stacks);
});

test('the thread is given samples, and unwinds those of a process that has ended', { skip }, async () => {
  const stacks = new Stacks();
  const worker = await unwindOnThread({ arch: ARCH, layout: offsets }, stacks.add);
  worker.remember(child.pid!);
  using collection = await attachSampler(child.pid!);
  const ring = new RingBuffer(collection.map('stack_samples'));
  const events: Buffer[] = [];
  for (let i = 0; i < 600 && events.length < 200; i++) {
    await sleep(100);
    ring.poll((view, offset, length) => {
      events.push(Buffer.from(Buffer.from(view.buffer, view.byteOffset + offset, length)));
    });
  }
  ring.close();
  assert.equal(events[0]!.length, size);
  stacks.remember();
  const give = (event: Buffer) => assert.ok(worker.add(new DataView(event.buffer, event.byteOffset), 0, event.length));
  // The thread does things in order: when it has unwound one, it remembers the process.
  give(events[0]!);
  while (stacks.count === 0) await sleep(10);
  child.kill('SIGKILL');
  await once(child, 'exit');
  for (const event of events.slice(1)) give(event);
  await worker.stop();
  assert.equal(stacks.count, events.length);
  assert.equal(worker.dropped, 0);
  assertNames(stacks);
});
