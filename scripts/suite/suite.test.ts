/** The runner of tests, run on test files: what hangs is ended and named, and so is what had no time. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findFiles } from './files.ts';
import { Outcome } from './outcome.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pebble-suite-'));
after(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly status: number | null;
  readonly stdout: string;
}

/** A run of its own: within a test Node runs no tests. */
function runSuite(texts: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv): Promise<Run> {
  const files = Object.entries(texts).map(([name, text]) => {
    const file = join(folder, `${name}.test.mjs`);
    writeFileSync(file, `import { test } from 'node:test';\n${text}`);
    return file;
  });
  const { NODE_TEST_CONTEXT: _, ...clean } = process.env;
  const child = spawn(process.execPath, [MAIN, ...files], { env: { ...clean, ...env } });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, stdout })));
}

test('a timer that a test forgot', async () => {
  const { status, stdout } = await runSuite(
    {
      timer: "test('fine', () => {}); setInterval(() => {}, 1000);",
      good: "test('good', () => {});",
    },
    { PEBBLE_TEST_SECONDS: '2' },
  );
  assert.equal(status, 1);
  assert.match(stdout, /^failed: \S+timer\.test\.mjs$/m);
  assert.doesNotMatch(stdout, /^failed: \S+good/m);
  assert.match(stdout, /it said nothing for 5 s/);
  assert.match(stdout, /^once more, alone: /m);
});

test('what had no time is named, and the run has failed', async () => {
  const { status, stdout } = await runSuite(
    { slow: "test('slow', () => new Promise((resolve) => setTimeout(resolve, 60_000)));" },
    { PEBBLE_TEST_MINUTES: '0.05' },
  );
  assert.equal(status, 1);
  assert.match(stdout, /^not run, or not to its end: \S+slow\.test\.mjs$/m);
  assert.match(stdout, /^the run has had its 0.05 minutes/m);
});

test('a host that could have run what was skipped altogether objects', () => {
  const outcome = new Outcome();
  outcome.add('a.kernel.test.ts', { type: 'test:pass', data: { skip: 'no BTF' } });
  outcome.took('a.kernel.test.ts', 1);
  assert.equal(outcome.objections(['a.kernel.test.ts'], () => true).length, 1);
  assert.deepEqual(
    outcome.objections(['a.kernel.test.ts'], () => false),
    [],
  );
  assert.deepEqual([...outcome.lines()], ['skipped 1: no BTF']);
  outcome.add('a.kernel.test.ts', { type: 'test:pass', data: {} });
  assert.deepEqual(
    outcome.objections(['a.kernel.test.ts'], () => true),
    [],
  );
});

test('what measures runs alone; without root nothing is loaded', () => {
  const { together, alone } = findFiles([], true);
  assert.ok(together.includes('scripts/suite/suite.test.ts'));
  assert.ok(alone.every((file) => !together.includes(file)));
  assert.ok(alone.includes('test/dashboard/page.pg.test.ts'));
  const unprivileged = findFiles([], false);
  assert.ok([...unprivileged.together, ...unprivileged.alone].every((file) => !file.includes('.kernel.')));
});
