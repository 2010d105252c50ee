/** Differential fuzzing of the language: `npm run fuzz:lang -- --count 1000 [--seed 1]`. Every seed that fails is printed, and can be run alone. */
import { parseArgs } from 'node:util';
import { randomScript } from '../src/lang/fuzz/random-script.ts';
import { compareScript } from '../src/lang/fuzz/testing/differential.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    show: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const counts = new Map<string, number>();
const start = performance.now();
for (let seed = first; seed < first + Number(values.count); seed++) {
  const text = randomScript(seed);
  if (values.show) console.log(text);
  const verdict = await compareScript(text);
  counts.set(verdict.kind, (counts.get(verdict.kind) ?? 0) + 1);
  if (verdict.kind !== 'agree') console.log(`seed ${seed}: ${verdict.kind}: ${verdict.what}`);
  if ((seed - first) % 1000 === 999) console.log(summary(seed - first + 1));
}
console.log(summary(Number(values.count)));
process.exitCode = [...counts.keys()].every((kind) => kind === 'agree') ? 0 : 1;

function summary(done: number): string {
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  return `${done} programs in ${seconds} s: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')}`;
}
