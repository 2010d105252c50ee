/** Runs the matrix on the kernel that runs us: one line of JSON a row, and one a feature. */
import { FEATURE_NAMES, feature } from '../../../src/bpf/features/index.ts';
import { MATRIX, runRow } from '../matrix/index.ts';

const print = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);
for (const rows of Object.values(MATRIX)) {
  for (const row of rows) print(await runRow(row));
}
for (const name of FEATURE_NAMES) print(await feature(name));
