/** The program with each of its signals, and with all: the verifier accepts what each adds to the rest. */
import { test } from 'node:test';
import { Engine } from './engine.ts';
import { SIGNALS } from './program.ts';

const UNABLE: string | false = process.geteuid?.() === 0 ? false : 'loading programs needs root';

test('the kernel takes the program with all signals where not all are asked for', { skip: UNABLE }, async () => {
  const choice = { database: 'postgres', user: 'postgres', queryId: '-7' };
  (await Engine.load(() => undefined, { signals: SIGNALS, choice })).close();
});

for (const signals of [[], ...SIGNALS.map((signal) => [signal]), SIGNALS]) {
  test(`the kernel takes the program with ${signals.join(', ') || 'no signal'}`, { skip: UNABLE }, async () => {
    (await Engine.load(() => undefined, { signals })).close();
  });
}
