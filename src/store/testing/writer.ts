/** A process that appends intervals until it is killed, and says of each that it is kept: for tests of sudden death. */
import { SqliteStore } from '../sqlite/index.ts';
import { Generator } from './generate.ts';

const [path, start] = process.argv.slice(2) as [string, string];
const store = SqliteStore.open(path);
const generator = new Generator({ queries: 50 });
for (let at = Number(start); ; at += 10_000) {
  await store.append(generator.interval(at));
  process.stdout.write(`${at}\n`);
  // Sums of finished minutes are interrupted, too.
  await store.maintain(at);
}
