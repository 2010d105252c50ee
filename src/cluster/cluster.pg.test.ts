/** Clusters start, restart, stop, and leave nothing behind, however their owner ends. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findDebianMajors, requestedMajors, startCluster, sweepOrphans } from './index.ts';

const FLAVOURS = [
  ...requestedMajors().map((major) => ({ flavour: 'embedded' as const, major })),
  ...findDebianMajors().map((major) => ({ flavour: 'debian' as const, major })),
];

for (const { flavour, major } of FLAVOURS) {
  test(`${flavour} ${major} starts, restarts and is gone after stop`, async () => {
    const cluster = await startCluster({ flavour, major, settings: { work_mem: '5MB' } });
    const before = cluster.postmasterPid;
    assert.equal(readFileSync(`${cluster.pgdata}/PG_VERSION`, 'utf8').trim(), String(major));
    assert.ok(existsSync(`${cluster.socketDir}/.s.PGSQL.${cluster.port}`));
    await cluster.restart();
    assert.notEqual(cluster.postmasterPid, before);
    await cluster.stop();
    assert.ok(!existsSync(dirname(cluster.pgdata)));
    assert.deepEqual(childrenOf(cluster.postmasterPid), []);
  });
}

test('a setting that PostgreSQL refuses is told with the line of its log', async () => {
  await assert.rejects(
    startCluster({ flavour: 'embedded', settings: { work_mem: 'plenty' } }),
    /invalid value for parameter "work_mem"/,
  );
});

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`nothing is left after the owner dies of ${signal}`, async () => {
    const owner = await startOwner();
    owner.child.kill(signal);
    await until(() => !existsSync(owner.runDir) && !isAlive(owner.postmaster));
  });
}

test('the sweep ends a cluster whose owner and supervisor were both killed', async () => {
  const owner = await startOwner();
  process.kill(parentOf(owner.postmaster), 'SIGKILL');
  owner.child.kill('SIGKILL');
  await until(() => owner.child.signalCode !== null);
  // Whoever starts a cluster on this host sweeps: another test may have been here first.
  assert.ok(isAlive(owner.postmaster) || !existsSync(owner.runDir));
  await sweepOrphans();
  assert.ok(!existsSync(owner.runDir) && !isAlive(owner.postmaster));
});

/** Another process that starts a cluster and then waits. */
async function startOwner() {
  const code = `import { startCluster } from ${JSON.stringify(fileURLToPath(new URL('./index.ts', import.meta.url)))};
    const cluster = await startCluster({ flavour: 'embedded' });
    console.log(JSON.stringify([cluster.socketDir, cluster.postmasterPid]));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await child.stdout.take(1).toArray();
  const [runDir, postmaster] = JSON.parse(String(line)) as [string, number];
  return { child, runDir, postmaster };
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 1200; round++) {
    if (condition()) return;
    await sleep(25);
  }
  assert.fail(`not within 30 s: ${condition}`);
}

function childrenOf(pid: number): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && stat(Number(name))?.[1] === String(pid));
}

function parentOf(pid: number): number {
  return Number(stat(pid)![1]);
}

/** A zombie is not alive: whether anyone reaps it is up to the machine's init. */
function isAlive(pid: number): boolean {
  const state = stat(pid)?.[0];
  return state !== undefined && state !== 'Z';
}

/** State, parent and the further fields of /proc/PID/stat. */
function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
