/**
 * Each file of cases/ is a command line of `pebble trace` (after `#!`), a script, `====`, and all that it prints;
 * `exit N` at its end where the status is not 0. Scripts trace ./target, built of target.c. UPDATE_CASES=1 writes them.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PEBBLE } from '../cli/pebble.ts';

const FOLDER = `${import.meta.dirname}/cases`;
const SEPARATOR = '====\n';
const UPDATE = process.env.UPDATE_CASES !== undefined;

const directory = mkdtempSync(join(tmpdir(), 'pebble-trace-'));
after(() => rmSync(directory, { recursive: true }));

const reason = buildTarget();

function buildTarget(): string | false {
  if (process.geteuid?.() !== 0) return 'eBPF needs root';
  copyFileSync(`${import.meta.dirname}/target.c`, join(directory, 'target.c'));
  const { status, error } = spawnSync('gcc', ['-g', '-O0', '-o', 'target', 'target.c'], { cwd: directory });
  if (error) return 'gcc is not installed';
  assert.equal(status, 0, 'target.c compiles');
  return false;
}

for (const file of readdirSync(FOLDER)) {
  test(`case ${file}`, { skip: reason }, () => {
    const path = `${FOLDER}/${file}`;
    const [input = '', expected] = readFileSync(path, 'utf8').split(SEPARATOR);
    const actual = outcome(input);
    if (UPDATE) writeFileSync(path, input + SEPARATOR + actual);
    else assert.equal(actual, expected);
  });
}

function outcome(input: string): string {
  const [, options = '', script] = /^(?:#!([^\n]*)\n)?(.*)$/s.exec(input)!;
  writeFileSync(join(directory, 'script.bt'), script!);
  const command = `exec ${PEBBLE} trace ${options.includes('-e') ? options : `${options} script.bt`}`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: directory,
    encoding: 'utf8',
    timeout: 30_000,
  });
  const printed = (stdout + stderr).replaceAll(`${directory}/`, '/');
  return printed + (status === 0 ? '' : `exit ${status}\n`);
}
