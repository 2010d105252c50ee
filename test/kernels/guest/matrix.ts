/** Runs the matrix, the feature probes, attribution, the tools and the test suites on the kernel that runs us: marked lines of JSON. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { FEATURE_NAMES, feature } from '../../../src/bpf/features/index.ts';
import { MATRIX, runRow } from '../matrix/index.ts';
import { LINE_MARK, type Line, type SuiteResult } from '../report.ts';
import { SUITES, type Suite } from '../suites.ts';

const print = (line: Line) => void process.stdout.write(`${LINE_MARK}${JSON.stringify(line)}\n`);

function runSuite({ name, files }: Suite): SuiteResult {
  const options = ['--test', '--test-concurrency=1', `--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`];
  const { stdout, stderr } = spawnSync(process.execPath, [...options, ...files], { encoding: 'utf8' });
  try {
    return { name, ...(JSON.parse(stdout) as Omit<SuiteResult, 'name'>) };
  } catch {
    return { name, passed: 0, skipped: 0, failures: [`no result: ${stdout}${stderr}`] };
  }
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  async rows() {
    for (const rows of Object.values(MATRIX)) {
      for (const row of rows) print({ kind: 'row', value: await runRow(row) });
    }
  },
  async features() {
    for (const name of FEATURE_NAMES) print({ kind: 'feature', value: await feature(name) });
  },
  async attribution() {
    if (process.geteuid?.() === 0) await import('./postgres.ts');
  },
  async suites() {
    for (const suite of SUITES) print({ kind: 'suite', value: runSuite(suite) });
  },
};

// All of them, or those that are named: on a busy machine the suites alone take a quarter of an hour.
const named = process.argv.slice(2);
for (const [name, run] of Object.entries(PARTS)) if (named.length === 0 || named.includes(name)) await run();
