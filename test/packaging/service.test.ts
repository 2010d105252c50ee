/** The unit as systemd reads it: nothing in it is unknown, and a service under it can do little more than it needs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const ANALYZE = '/usr/bin/systemd-analyze';
const UNABLE = existsSync(ANALYZE) ? false : `no systemd at ${ANALYZE}`;
/** Of 10, by `systemd-analyze security`. */
const MOST_EXPOSED = 4.9;

const folder = mkdtempSync(join(tmpdir(), 'pebble-unit-'));
after(() => rmSync(folder, { recursive: true }));

/** With a program that is there: the package puts its own at this path. */
function unit(): string {
  const text = readFileSync(new URL('../../deploy/pebble-agent.service', import.meta.url), 'utf8');
  const path = join(folder, 'pebble-agent.service');
  assert.match(text, /^ExecStart=\/usr\/bin\/pebble agent$/m);
  writeFileSync(path, text.replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true'));
  return path;
}

test('systemd has nothing to say against it', { skip: UNABLE }, () => {
  const { status, stdout, stderr } = spawnSync(ANALYZE, ['verify', '--man=no', unit()], { encoding: 'utf8' });
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
});

test(`its exposure is ${MOST_EXPOSED} at most`, { skip: UNABLE }, () => {
  const { stdout, stderr } = spawnSync(ANALYZE, ['security', '--offline=true', '--no-pager', unit()], {
    encoding: 'utf8',
  });
  const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
  assert.ok(exposure <= MOST_EXPOSED, stdout + stderr);
});
