/**
 * An agent of the installed Debian package, as its unit starts it, and `pebble uninstall --purge`: afterwards nothing of it is in
 * the kernel and no file of it on the disk. `scripts/packages.sh` runs it where /etc, /var and /run may be changed.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { startCluster } from '../../src/cluster/index.ts';
import { select } from '../accidents/accident.ts';
import { assertFreed, command, kernelObjectsOf, Running } from '../cli/pebble.ts';

const PROGRAM = '/usr/bin/pebble';
const FILES = ['/var/lib/pebble', '/var/cache/pebble', '/etc/pebble', '/run/pebble'];

const cluster = await startCluster({ flavour: 'embedded' });
mkdirSync('/etc/pebble', { recursive: true });
writeFileSync('/etc/pebble/agent.conf', `pgdata = '${cluster.pgdata}'\nlisten = '127.0.0.1:0'\nflush_interval = 1s\n`);
const agent = new Running(['agent'], {}, PROGRAM);
try {
  await agent.until('it serves', () => /token=/.test(agent.stdout));
  await select(cluster, 'before_removal', 191);
  const objects = kernelObjectsOf(agent.pid);
  assert.ok(objects.some(({ kind }) => kind === 'link'));
  const others = processesFound().filter((pid) => pid !== agent.pid);
  // Those of others are not ours to end.
  const whole = others.length === 0;
  const { status, stdout, stderr } = command(
    PROGRAM,
    'uninstall',
    ...(whole ? ['--purge'] : ['--pid', String(agent.pid)]),
  );
  process.stdout.write(stdout);
  assert.equal(status, 0, stderr);
  assert.equal((await agent.ended).status, 143);
  await assertFreed(objects);
  if (whole)
    assert.deepEqual(
      FILES.filter((path) => existsSync(path)),
      [],
    );
  else console.log(`only this agent was removed: other Pebbles run here (${others.join(' ')})`);
} finally {
  agent.signal('SIGKILL');
  await cluster.stop();
}

function processesFound(): number[] {
  const rows = command(PROGRAM, 'uninstall', '--dry-run', '--json').stdout.split('\n').filter(Boolean);
  return rows
    .map((line) => JSON.parse(line) as { kind: string; id: number })
    .flatMap(({ kind, id }) => (kind === 'process' ? id : []));
}
