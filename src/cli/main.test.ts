/** The command line as its users meet it: output, exit status, errors. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './table.ts';

const LAUNCHER = fileURLToPath(new URL('../../pebble', import.meta.url));

function pebble(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(LAUNCHER, argv, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('usage errors end with 2 and say what to do', () => {
  assert.deepEqual(pebble('verison'), {
    status: 2,
    stdout: '',
    stderr: 'error: there is no command "verison"\nhint: did you mean `pebble version`?\n',
  });
  assert.equal(pebble('--frobnicate').status, 2);
  assert.equal(pebble('completion', 'fish').status, 2);
  const none = pebble();
  assert.equal(none.status, 2);
  assert.match(none.stdout, /^Usage: pebble COMMAND/m);
});

test('with --json an error is a row, too', () => {
  const { status, stdout } = pebble('version', 'x', '--json');
  assert.equal(status, 2);
  assert.deepEqual(JSON.parse(stdout), { error: { code: 'usage', what: 'pebble version does not take "x"' } });
});

test('what finds no room where it is written to is a failure, and said', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(LAUNCHER, ['run'], { encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  assert.equal(status, 1);
  assert.match(stderr, /^error: writing to standard output: ENOSPC.*\nhint: /);
});

test('every command explains itself', () => {
  for (const { name, summary } of COMMANDS) {
    const { status, stdout } = pebble(name, '--help');
    assert.equal(status, 0, name);
    assert.ok(stdout.startsWith(`pebble ${name}: ${summary}\n`), stdout);
  }
});

test('the version is that of the package, and Node is the pinned one', () => {
  const versions = JSON.parse(pebble('version', '--json').stdout);
  assert.match(versions.pebble, /^\d+\.\d+\.\d+$/);
  assert.equal(versions.node, process.versions.node);
  assert.equal(pebble('--version').stdout, pebble('version').stdout);
});

test('options for other Nodes, and what they would load, are not for this one', () => {
  const env = { ...process.env, NODE_OPTIONS: '--require /nonexistent/module.js' };
  const { status, stderr } = spawnSync(LAUNCHER, ['version'], { encoding: 'utf8', env });
  assert.deepEqual([status, stderr], [0, '']);
});

test('the launcher finds its checkout through symbolic links', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-launcher-'));
  t.after(() => rmSync(folder, { recursive: true }));
  symlinkSync(LAUNCHER, join(folder, 'absolute'));
  symlinkSync('absolute', join(folder, 'relative'));
  const { status, stdout } = spawnSync(join(folder, 'relative'), ['version'], { encoding: 'utf8', cwd: '/' });
  assert.equal(status, 0);
  assert.match(stdout, /^pebble /);
});

test('without npm the launcher says what to install', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-launcher-'));
  t.after(() => rmSync(folder, { recursive: true }));
  copyFileSync(LAUNCHER, join(folder, 'pebble'));
  copyFileSync(join(dirname(LAUNCHER), 'package-lock.json'), join(folder, 'package-lock.json'));
  const { status, stderr } = spawnSync('/bin/sh', [join(folder, 'pebble')], {
    encoding: 'utf8',
    env: { PATH: folder },
  });
  assert.equal(status, 1);
  assert.match(stderr, /^error: installing the dependencies of Pebble: npm is not installed\nhint: /);
});

test('bash accepts its completion script and completes with it, tools of a user, too', (t) => {
  const script = `source <("$0" completion bash); COMP_WORDS=(pebble ver); COMP_CWORD=1; _pebble; echo "\${COMPREPLY[@]}"
    COMP_WORDS=(pebble version --j); COMP_CWORD=2; _pebble; echo "\${COMPREPLY[@]}"
    COMP_WORDS=("$0" run my); COMP_CWORD=2; _pebble; echo "\${COMPREPLY[@]}"`;
  const folder = mkdtempSync(join(tmpdir(), 'pebble-own-tools-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'mytool.bt'), '// What is mine?\nBEGIN { exit(); }\n');
  const env = { ...process.env, PEBBLE_TOOLS: folder };
  const { stdout, stderr } = spawnSync('bash', ['-c', script, LAUNCHER], { encoding: 'utf8', env });
  assert.equal(stderr, '');
  assert.equal(stdout, 'version\n--json\nmytool\n');
});

const skip = spawnSync('zsh', ['--version']).status === 0 ? false : 'zsh is not installed';

test('zsh accepts its completion script, sourced and autoloaded', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-zsh-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const script = `"$0" completion zsh > "$1/_pebble"; fpath=("$1" $fpath); autoload -Uz compinit
    compinit -D -u; print -r -- $_comps[pebble]; unset '_comps[pebble]'; source "$1/_pebble"; print -r -- $_comps[pebble]`;
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', script, LAUNCHER, folder], { encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.equal(stdout, '_pebble\n_pebble\n');
});
