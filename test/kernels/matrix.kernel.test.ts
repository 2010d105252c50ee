/** The matrix on this host's kernel; `npm run kernels` runs it on the others. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { MATRIX, runRow } from './matrix/index.ts';

for (const [subject, rows] of Object.entries(MATRIX)) {
  suite(subject, () => {
    for (const row of rows) {
      test(row.name, async (t) => {
        const result = await runRow(row);
        if (result.status === 'absent') t.skip(result.reason);
        else assert.equal(result.status, 'works', result.status === 'failed' ? result.reason : '');
      });
    }
  });
}
